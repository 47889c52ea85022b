"""Billable requests that were passed on, the keys they came with, and what was paid lately."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text
from sqlalchemy import text as sql

from prepaid.store.tables.base import key, metadata

proxied_request = Table(
    "proxied_request",
    metadata,
    key(),
    Column("id", Text, primary_key=True),
    Column("route", Text, nullable=False),
    Column("key", Text),
    Column("asked", LargeBinary, nullable=False),  # JSON: digests of what was asked
    Column("started_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("claim", LargeBinary, nullable=False),
    Column("due_at", BigInteger),  # real clock: end of the claim, or when to ask again
    Column("charges", Text, nullable=False),  # JSON list of sequence numbers
    Column("context", LargeBinary),
    Column("status", Integer),
    Column("headers", LargeBinary, nullable=False),  # JSON list of pairs
    Column("answer", LargeBinary),
    CheckConstraint("state IN ('in_flight', 'pending', 'done', 'released')", name="state"),
    Index(
        "ix_proxied_request_due_at",
        "due_at",
        sqlite_where=sql("due_at IS NOT NULL"),
        postgresql_where=sql("due_at IS NOT NULL"),
    ),
)

proxied_key = Table(
    "proxied_key",
    metadata,
    key(),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),  # the newest that came with it
    sqlite_with_rowid=False,
)

repeat_mark = Table(
    "repeat_mark",
    metadata,
    key(),
    Column("sku", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("paid_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
