"""Top-ups: what accounts want, whom they pay as, each attempt with its history and its credit."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from prepaid.store.tables.base import key, metadata

auto_topup = Table(
    "auto_topup",
    metadata,
    key(),
    Column("enabled", Boolean, nullable=False),
    Column("threshold", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("per_day_max", Integer, nullable=False),
    Column("per_month_max", BigInteger),
    Column("failed_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
)

# The account at the payment provider. It stays when the card goes.
payer = Table(
    "payer",
    metadata,
    key(),
    Column("customer", Text, nullable=False),
    Column("reference", Text),  # of the card; null: there is none
    Column("brand", Text),
    Column("last4", Text),
    Column("exp_month", Integer),
    Column("exp_year", Integer),
    Column("updated_at", BigInteger, nullable=False),
)

topup = Table(
    "topup",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),  # the provider's idempotency key
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("asks", Integer, nullable=False),
    Column("asked_first_at", BigInteger),
    Column("asked_last_at", BigInteger),
    Column("looked_at", BigInteger),
    Column("next_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("payment", Text),
    Column("receipt_url", Text),
    Column("error", Text),
    Column("claim", Text),  # of the worker that has it in hand
    Column("claimed_until", BigInteger),  # then the claim is void
    CheckConstraint(
        "status IN ('open', 'unknown', 'succeeded', 'failed', 'canceled')", name="status"
    ),
    CheckConstraint("kind IN ('auto', 'manual')", name="kind"),
    CheckConstraint("amount > 0 AND price > 0", name="buys"),
    Index(
        "uq_topup_running",
        "account_id",
        unique=True,
        sqlite_where=text("status IN ('open', 'unknown')"),
        postgresql_where=text("status IN ('open', 'unknown')"),
    ),
    Index("ix_topup_key", "key"),
    Index("ix_topup_payment", "payment"),
    Index(
        "ix_topup_next_at",
        "next_at",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)

topup_event = Table(
    "topup_event",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text),
)

# One line per attempt that was credited: the database refuses a second credit.
topup_credit = Table(
    "topup_credit",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # of the ledger entry
)

# One line per refund or dispute of the provider: the database refuses a second correction.
topup_correction = Table(
    "topup_correction",
    metadata,
    key(),
    Column("reference", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    CheckConstraint("cause IN ('refund', 'dispute')", name="cause"),
    Index("ix_topup_correction_number", "account_id", "number"),
)

# One line per refund that failed, or dispute that was won: the database refuses a second. It may
# come before the correction, and then keeps it away.
topup_reversal = Table(
    "topup_reversal",
    metadata,
    key(),
    Column("reference", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    CheckConstraint("cause IN ('refund', 'dispute')", name="cause"),
    CheckConstraint("amount >= 0", name="gives"),
    Index("ix_topup_reversal_number", "account_id", "number"),
)

# Money that went back on a payment no attempt knows yet: taken up when one learns of it.
topup_stray = Table(
    "topup_stray",
    metadata,
    Column("payment", Text, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("undone", Boolean, nullable=False, server_default=text("false")),
)

notice = Table(
    "notice",
    metadata,
    key(),
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),  # JSON, text by name
)
