"""What deliveries share between processes: an endpoint's throttle."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("next_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    message = "a release is not taken back; restore a backup instead"
    raise RuntimeError(message)
