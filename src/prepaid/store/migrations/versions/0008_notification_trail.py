"""From a notification to the message that tells of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_message_notification",
        "message",
        ["account_id", "notification"],
        unique=False,
        sqlite_where=sa.text("notification IS NOT NULL"),
        postgresql_where=sa.text("notification IS NOT NULL"),
    )


def downgrade() -> None:
    message = "a release is not taken back; restore a backup instead"
    raise RuntimeError(message)
