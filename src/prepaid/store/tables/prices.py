"""Prices: the list, and an account's own."""

from sqlalchemy import BigInteger, CheckConstraint, Column, SmallInteger, Table, Text

from prepaid.store.tables.base import key, metadata

price_list = Table(
    "price_list",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),  # raised by every change of the list
    CheckConstraint("id = 1", name="single"),
)

price = Table(
    "price",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("micros", BigInteger, nullable=False),
    Column("unit", Text, nullable=False),
    Column("description", Text, nullable=False),
    CheckConstraint("micros >= 0", name="not_negative"),
)

account_price = Table(
    "account_price",
    metadata,
    key(),
    Column("sku", Text, primary_key=True),
    Column("micros", BigInteger, nullable=False),
    Column("unit", Text, nullable=False, server_default="request"),
    Column("description", Text, nullable=False, server_default=""),
    CheckConstraint("micros >= 0", name="not_negative"),
)
