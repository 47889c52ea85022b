"""The core: accounts, keys, workspaces, prices, charges, the ledger, rollups and spend windows."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Nothing is ever updated in or deleted from the ledger: the database itself refuses.
GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER ledger_entry_no_{verb} BEFORE {verb.upper()} ON ledger_entry"
        " BEGIN SELECT raise(ABORT, 'ledger entries are append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'ledger entries are append-only'; END $$""",
        """CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
        ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("admins", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("topup_on", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("topup", sa.LargeBinary(), nullable=True),
        sa.Column("credit_price", sa.Integer(), server_default="100", nullable=False),
        sa.Column("workspaces", sa.Integer(), server_default="1", nullable=False),
        sa.Column("keys", sa.Integer(), server_default="0", nullable=False),
        sa.Column("endpoints", sa.Integer(), server_default="0", nullable=False),
        sa.Column("messages", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("holds_due", sa.BigInteger(), nullable=True),
        sa.Column("alarm", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "account_price",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("micros >= 0", name=op.f("ck_account_price_not_negative")),
        sa.PrimaryKeyConstraint("account_id", "sku", name=op.f("pk_account_price")),
    )
    op.create_table(
        "api_key",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("scope IN ('full', 'read')", name=op.f("ck_api_key_scope")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_api_key")),
    )
    op.create_index("ix_api_key_hash", "api_key", ["hash"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "account_id", "endpoint", "message", "number", name=op.f("pk_attempt")
        ),
    )
    op.create_index(
        "ix_attempt_at",
        "attempt",
        ["account_id", "endpoint", "at", "message", "number"],
        unique=False,
    )
    op.create_table(
        "auto_topup",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("per_day_max", sa.Integer(), nullable=False),
        sa.Column("per_month_max", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_auto_topup")),
    )
    op.create_table(
        "batch",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_batch")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charge",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_seq", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_balance", sa.BigInteger(), nullable=True),
        sa.Column("ended_amount", sa.BigInteger(), nullable=True),
        sa.Column("ended_quantity", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('held', 'settled', 'released', 'expired')", name=op.f("ck_charge_status")
        ),
        sa.CheckConstraint("amount >= 0 AND held >= 0", name=op.f("ck_charge_not_negative")),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_charge")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_charge_imported",
        "charge",
        ["account_id", "reserved_at"],
        unique=False,
        sqlite_where=sa.text("imported"),
        postgresql_where=sa.text("imported"),
    )
    op.create_index(
        "ix_charge_open_holds",
        "charge",
        ["account_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("status = 'held'"),
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_table(
        "delivery",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'failed')", name=op.f("ck_delivery_status")
        ),
        sa.PrimaryKeyConstraint("account_id", "endpoint", "message", name=op.f("pk_delivery")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["account_id", "endpoint", "due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "endpoint",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_types", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.Column("throttle_rate", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("exhausted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gone", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warned", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_endpoint")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "ix_endpoint_due_at",
        "endpoint",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "endpoint_secret",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "account_id", "endpoint", "number", name=op.f("pk_endpoint_secret")
        ),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "route", "key", name=op.f("pk_idempotency_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('hold','adjustment','release','refund','grant','correction','topup')",
            name=op.f("ck_ledger_entry_kind"),
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entry_moves")),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_ledger_entry")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "legal_name",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", "version", name=op.f("pk_legal_name")),
    )
    op.create_table(
        "mail",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("notification", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'sent', 'failed')", name=op.f("ck_mail_status")),
        sa.PrimaryKeyConstraint("account_id", "key", "recipient", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_created_at", "mail", ["created_at"], unique=False)
    op.create_index(
        "ix_mail_waiting",
        "mail",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "mail_attempt",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "key", "recipient", "number", name=op.f("pk_mail_attempt")
        ),
    )
    op.create_table(
        "message",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("notification", sa.BigInteger(), nullable=True),
        sa.Column("endpoint", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_message")),
    )
    op.create_index("ix_message_created_at", "message", ["created_at"], unique=False)
    op.create_table(
        "notice",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_notice")),
    )
    op.create_table(
        "notification",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Boolean(), nullable=False),
        sa.Column("webhook", sa.Boolean(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("email_sent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("webhook_sent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_notification")),
    )
    op.create_index(
        "uq_notification_dedup_key", "notification", ["account_id", "dedup_key"], unique=True
    )
    op.create_table(
        "notification_config",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_config")),
    )
    op.create_table(
        "payer",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_payer")),
    )
    op.create_table(
        "price",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.CheckConstraint("micros >= 0", name=op.f("ck_price_not_negative")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_price")),
    )
    op.create_table(
        "price_list",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_price_list_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_list")),
    )
    op.create_table(
        "proxied_key",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "route", "key", name=op.f("pk_proxied_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "proxied_request",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("charges", sa.Text(), nullable=False),
        sa.Column("context", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('in_flight', 'pending', 'done', 'released')",
            name=op.f("ck_proxied_request_state"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_proxied_request")),
    )
    op.create_index(
        "ix_proxied_request_due_at",
        "proxied_request",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "repeat_mark",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "sku", "digest", name=op.f("pk_repeat_mark")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spend",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "scope", "at", name=op.f("pk_spend")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spend_hour",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "scope", "hour", name=op.f("pk_spend_hour")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spend_window",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("tail", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("alarm", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "scope", name=op.f("pk_spend_window")),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "topup",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("asked_first_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_last_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("payment", sa.Text(), nullable=True),
        sa.Column("receipt_url", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('auto', 'manual')", name=op.f("ck_topup_kind")),
        sa.CheckConstraint(
            "status IN ('open', 'unknown', 'succeeded', 'failed', 'canceled')",
            name=op.f("ck_topup_status"),
        ),
        sa.CheckConstraint("amount > 0 AND price > 0", name=op.f("ck_topup_buys")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_topup")),
    )
    op.create_index("ix_topup_key", "topup", ["key"], unique=False)
    op.create_index(
        "ix_topup_next_at",
        "topup",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_topup_payment", "topup", ["payment"], unique=False)
    op.create_index(
        "uq_topup_running",
        "topup",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'unknown')"),
        postgresql_where=sa.text("status IN ('open', 'unknown')"),
    )
    op.create_table(
        "topup_correction",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('refund', 'dispute')", name=op.f("ck_topup_correction_cause")
        ),
        sa.PrimaryKeyConstraint("account_id", "reference", name=op.f("pk_topup_correction")),
    )
    op.create_index(
        "ix_topup_correction_number", "topup_correction", ["account_id", "number"], unique=False
    )
    op.create_table(
        "topup_credit",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_topup_credit")),
    )
    op.create_table(
        "topup_event",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "number", "place", name=op.f("pk_topup_event")),
    )
    op.create_table(
        "topup_stray",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("payment", "reference", name=op.f("pk_topup_stray")),
    )
    op.create_table(
        "usage",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "grain", "starts", "workspace", "sku", name=op.f("pk_usage")
        ),
        postgresql_with={"fillfactor": "50"},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workspace",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_workspace")),
    )
    op.create_index(
        "uq_workspace_active_name",
        "workspace",
        ["account_id", "name"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "workspace_override",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_workspace_override")),
    )
    op.execute("INSERT INTO price_list (id, epoch) VALUES (1, 1)")
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    message = "there is nothing before the first tables; restore a backup instead"
    raise RuntimeError(message)
