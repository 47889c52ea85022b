"""What retention of proxied requests looks for."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DAY = 86_400_000_000  # microseconds
WINDOW_MAX = 35 * DAY  # what a routes file can say


def upgrade() -> None:
    now = time.time_ns() // 1000
    op.add_column("proxied_request", sa.Column("answered_at", sa.BigInteger(), nullable=True))
    # Times of a test clock may lie far ahead, so what is there counts as answered now.
    _set("UPDATE proxied_request SET answered_at = :at WHERE state <> 'in_flight'", now)
    op.create_index(
        "ix_proxied_request_answered_at",
        "proxied_request",
        ["answered_at"],
        sqlite_where=sa.text("due_at IS NULL"),
        postgresql_where=sa.text("due_at IS NULL"),
    )
    for table, kept in (("proxied_key", DAY), ("repeat_mark", WINDOW_MAX)):
        until = sa.Column("kept_until", sa.BigInteger(), server_default="0", nullable=False)
        op.add_column(table, until)
        _set(f"UPDATE {table} SET kept_until = :at", now + kept)
        op.create_index(f"ix_{table}_kept_until", table, ["kept_until"])


def _set(statement: str, at: int) -> None:
    op.execute(sa.text(statement).bindparams(sa.bindparam("at", at, sa.BigInteger())))


def downgrade() -> None:
    message = (
        "answers that were kept for a while only would stay for ever; restore a backup instead"
    )
    raise RuntimeError(message)
