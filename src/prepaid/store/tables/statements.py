"""Monthly statements: what they are made with, and what was made, which never changes again."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from prepaid.store.tables.base import key, metadata

statement_settings = Table(
    "statement_settings",
    metadata,
    key(),
    Column("rules", LargeBinary, nullable=False),  # JSON, see domain/statements/settings.py
    Column("due_at", BigInteger),  # by the account's clock; null: no automatic run
    Column("updated_at", BigInteger, nullable=False),
    Index(
        "ix_statement_settings_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

# A final statement names its logo by hash, so logos are added and never replaced.
statement_logo = Table(
    "statement_logo",
    metadata,
    key(),
    Column("hash", Text, primary_key=True),  # SHA-256 of the content, in hexadecimal
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("kind IN ('png', 'svg')", name="kind"),
)

client_price = Table(
    "client_price",
    metadata,
    key(),
    Column("workspace", Integer, primary_key=True, autoincrement=False),  # -1: any
    Column("sku", Text, primary_key=True),  # empty: any
    Column("kind", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("kind IN ('markup', 'per_credit', 'per_request')", name="kind"),
)

# A month whose statements are final, with the moments it began and ended at.
statement_month = Table(
    "statement_month",
    metadata,
    key(),
    Column("month", Integer, primary_key=True, autoincrement=False),  # 12 * year + month - 1
    Column("starts", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column(
        "seq", BigInteger, nullable=False
    ),  # of the account by then: later changes are not in it
    CheckConstraint("starts < ends AND ends <= closed_at", name="over"),
)

statement = Table(
    "statement",
    metadata,
    key(),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("workspace", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON of everything but its lines
    Index("uq_statement_number", "account_id", "number", unique=True),
)

statement_line = Table(
    "statement_line",
    metadata,
    key(),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("workspace", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("origin", Integer, nullable=False),  # the month of its charges
    Column("sku", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("per", Text, nullable=False),
    Column("price", BigInteger, nullable=False),  # 10^-9 of the currency
    Column("amount", BigInteger, nullable=False),  # minor units of the currency
    CheckConstraint("per IN ('credit', 'request')", name="per"),
    CheckConstraint("origin <= month", name="not_ahead"),
    Index("ix_statement_line_origin", "account_id", "origin"),
)
