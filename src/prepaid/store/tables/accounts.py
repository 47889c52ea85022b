"""Accounts, their keys and workspaces."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from prepaid.store.tables.base import HOT, key, metadata

account = Table(
    "account",
    metadata,
    key("id"),
    Column("name", Text, nullable=False),
    Column("admins", Text, nullable=False),  # JSON list of mail addresses
    Column("currency", Text, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("epoch", BigInteger, nullable=False, server_default="1"),
    Column("floor", BigInteger),  # minimum balance; null: the balance must be above zero
    Column("clock_offset", BigInteger, nullable=False, server_default="0"),
    Column("topup_on", Boolean, nullable=False, server_default=text("false")),
    Column("topup", LargeBinary),  # how attempts stand; null before the first one
    Column("credit_price", Integer, nullable=False, server_default="100"),  # minor units
    Column("workspaces", Integer, nullable=False, server_default="1"),  # numbers given so far
    Column("keys", Integer, nullable=False, server_default="0"),
    Column("endpoints", Integer, nullable=False, server_default="0"),
    Column("messages", BigInteger, nullable=False, server_default="0"),
    Column("seq", BigInteger, nullable=False, server_default="0"),
    Column("at", BigInteger, nullable=False, server_default="0"),
    Column("balance", BigInteger, nullable=False, server_default="0"),
    Column("chain", LargeBinary, nullable=False),
    Column("holds_due", BigInteger),
    Column("alarm", LargeBinary),
    Index("ix_account_name", "name", "id"),
    postgresql_with=HOT,
)

api_key = Table(
    "api_key",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the key, which is shown once
    Column("hint", Text, nullable=False),  # its first characters, to tell keys apart
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    CheckConstraint("scope IN ('full', 'read')", name="scope"),
    Index("ix_api_key_hash", "hash"),
)

workspace = Table(
    "workspace",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("version", Integer, nullable=False),  # of the legal name
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
    Column("limit_cents", BigInteger),  # null: no spend limit
    Column("limit_minutes", Integer),  # of its rolling period; null: the calendar month
    Index(
        "uq_workspace_active_name",
        "account_id",
        "name",
        unique=True,
        sqlite_where=text("archived_at IS NULL"),
        postgresql_where=text("archived_at IS NULL"),
    ),
)

legal_name = Table(
    "legal_name",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("legal_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False, server_default="0"),  # 0: always
)
