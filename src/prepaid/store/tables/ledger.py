"""Charges, the ledger entries they leave, the keys they were asked with, usage rollups."""

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

charge = Table(
    "charge",
    metadata,
    key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("workspace", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger),
    Column("held", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("reserved_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("metadata", Text),
    Column("imported", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("ended_seq", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_balance", BigInteger),
    Column("ended_amount", BigInteger),
    Column("ended_quantity", Integer),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("status IN ('held', 'settled', 'released', 'expired')", name="status"),
    CheckConstraint("amount >= 0 AND held >= 0", name="not_negative"),
    Index(
        "ix_charge_open_holds",
        "account_id",
        "expires_at",
        sqlite_where=text("status = 'held'"),
        postgresql_where=text("status = 'held'"),
    ),
    Index(
        "ix_charge_imported",
        "account_id",
        "reserved_at",
        "seq",
        sqlite_where=text("imported"),
        postgresql_where=text("imported"),
    ),
    # Settled after it had expired: a change of a month that may be billed already.
    Index(
        "ix_charge_late_settle",
        "account_id",
        "ended_seq",
        sqlite_where=text("status = 'settled' AND ended_at >= expires_at"),
        postgresql_where=text("status = 'settled' AND ended_at >= expires_at"),
    ),
    sqlite_with_rowid=False,
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("charge", BigInteger),
    Column("note", Text),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint(
        "kind IN ('hold','adjustment','release','refund','grant','correction','topup')",
        name="kind",
    ),
    CheckConstraint("amount <> 0", name="moves"),
    Index(
        "ix_ledger_entry_refund_seq",
        "account_id",
        "seq",
        "charge",  # without it SQLite takes the primary key, which has every entry
        sqlite_where=text("kind = 'refund'"),
        postgresql_where=text("kind = 'refund'"),
    ),
    Index(
        "ix_ledger_entry_refunds",
        "account_id",
        "charge",
        "kind",  # all that is asked: else SQLite takes the primary key, which has every entry
        "amount",
        sqlite_where=text("kind = 'refund'"),
        postgresql_where=text("kind = 'refund'"),
    ),
    sqlite_with_rowid=False,
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    key(),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", LargeBinary),  # null: rebuilt from the charge `seq`
    sqlite_with_rowid=False,
)

usage = Table(
    "usage",
    metadata,
    key(),
    Column("grain", Text, primary_key=True),  # d: a day, m: a month
    Column("starts", Integer, primary_key=True, autoincrement=False),
    Column("workspace", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_with=HOT,
)

batch = Table(
    "batch",
    metadata,
    key(),
    Column("id", LargeBinary, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
