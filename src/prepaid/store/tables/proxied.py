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
    Column("answered_at", BigInteger),  # real clock: kept so long after it
    CheckConstraint("state IN ('in_flight', 'pending', 'done', 'released')", name="state"),
    Index(
        "ix_proxied_request_due_at",
        "due_at",
        sqlite_where=sql("due_at IS NOT NULL"),
        postgresql_where=sql("due_at IS NOT NULL"),
    ),
    # What nobody goes on with can be forgotten one day.
    Index(
        "ix_proxied_request_answered_at",
        "answered_at",
        sqlite_where=sql("due_at IS NULL"),
        postgresql_where=sql("due_at IS NULL"),
    ),
)

proxied_key = Table(
    "proxied_key",
    metadata,
    key(),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),  # the newest that came with it
    Column("kept_until", BigInteger, nullable=False, server_default="0"),  # real clock
    Index("ix_proxied_key_kept_until", "kept_until"),
    sqlite_with_rowid=False,
)

repeat_mark = Table(
    "repeat_mark",
    metadata,
    key(),
    Column("sku", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("paid_at", BigInteger, nullable=False),
    Column("kept_until", BigInteger, nullable=False, server_default="0"),  # real clock
    Index("ix_repeat_mark_kept_until", "kept_until"),
    sqlite_with_rowid=False,
)
