"""The refunds of a charge at one look."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entry_refunds",
        "ledger_entry",
        ["account_id", "charge", "kind", "amount"],
        unique=False,
        sqlite_where=sa.text("kind = 'refund'"),
        postgresql_where=sa.text("kind = 'refund'"),
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_refunds", "ledger_entry")
