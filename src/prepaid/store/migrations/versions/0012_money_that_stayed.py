"""Refunds that failed and disputes that were won: what they took comes back, once for each."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topup_reversal",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_topup_reversal_gives")),
        sa.CheckConstraint("cause IN ('refund', 'dispute')", name=op.f("ck_topup_reversal_cause")),
        sa.PrimaryKeyConstraint("account_id", "reference", name=op.f("pk_topup_reversal")),
    )
    op.create_index(
        "ix_topup_reversal_number", "topup_reversal", ["account_id", "number"], unique=False
    )
    op.add_column(
        "topup_stray",
        sa.Column("undone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    message = "a release is not taken back; restore a backup instead"
    raise RuntimeError(message)
