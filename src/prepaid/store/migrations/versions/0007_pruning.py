"""Imports by time and number; own prices with unit and description, as the list has them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Many imports may have one time: with the number, a list goes on inside it at no cost.
    op.drop_index("ix_charge_imported", table_name="charge")
    op.create_index(
        "ix_charge_imported",
        "charge",
        ["account_id", "reserved_at", "seq"],
        unique=False,
        sqlite_where=sa.text("imported"),
        postgresql_where=sa.text("imported"),
    )
    for name, value in (("unit", "request"), ("description", "")):
        op.add_column(
            "account_price", sa.Column(name, sa.Text(), nullable=False, server_default=value)
        )


def downgrade() -> None:
    message = "the code before this one does not know these tables; restore a backup instead"
    raise RuntimeError(message)
