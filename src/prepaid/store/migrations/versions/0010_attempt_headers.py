"""What an attempt sent and what came back, header by header; and lists that end early by index."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("url", "request_headers", "response_headers"):
        op.add_column("attempt", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(
        "ix_attempt_failed",
        "attempt",
        ["account_id", "endpoint", "at", "message", "number"],
        unique=False,
        sqlite_where=sa.text("failure IS NOT NULL"),
        postgresql_where=sa.text("failure IS NOT NULL"),
    )
    op.create_index("ix_notification_kind", "notification", ["account_id", "kind", "number"])
    op.create_index(
        "ix_notification_scope", "notification", ["account_id", "scope", "kind", "number"]
    )
    op.create_index(
        "ix_endpoint_failing",
        "endpoint",
        ["failing_since", "account_id", "number"],
        unique=False,
        sqlite_where=sa.text(FAILING),
        postgresql_where=sa.text(FAILING),
    )


FAILING = "deleted_at IS NULL AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL)"


def downgrade() -> None:
    message = "a release is not taken back; restore a backup instead"
    raise RuntimeError(message)
