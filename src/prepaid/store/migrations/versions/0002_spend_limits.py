"""Spend limits of workspaces."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspace", sa.Column("limit_cents", sa.BigInteger(), nullable=True))
    op.add_column("workspace", sa.Column("limit_minutes", sa.Integer(), nullable=True))
    op.add_column("spend_window", sa.Column("limit_state", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    message = "limits and what was told of them would be lost; restore a backup instead"
    raise RuntimeError(message)
