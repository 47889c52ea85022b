"""Rolling spend: rows, their hourly sums, and the running windows over them."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from prepaid.store.tables.base import HOT, key, metadata

spend = Table(
    "spend",
    metadata,
    key(),
    Column("scope", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("micros", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

spend_hour = Table(
    "spend_hour",
    metadata,
    key(),
    Column("scope", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("micros", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_with=HOT,
)

spend_window = Table(
    "spend_window",
    metadata,
    key(),
    Column("scope", Integer, primary_key=True, autoincrement=False),
    Column("period", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("tail", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("alarm", LargeBinary),
    Column("limit_state", LargeBinary),  # packed `LimitState`; null: never had a limit
    sqlite_with_rowid=False,
    postgresql_with=HOT,
)
