"""People: who is admin of what, links and sessions with which they come in, and what they changed.

Links and sessions belong to a person, who may be admin of many accounts, so their keys have no
account; they are few and live short. Of tokens and session ids only SHA-256 hashes are kept.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from prepaid.store.tables.base import key, metadata

# `account.admins` turned round. Both are written in one transaction.
account_admin = Table(
    "account_admin",
    metadata,
    key(),
    Column("email", Text, primary_key=True),  # in lower case
    Column("address", Text, nullable=False),  # as the operator wrote it
    Index("ix_account_admin_email", "email", "account_id"),
)

# A few slots per address: a new link takes one whose link is too old, so the key itself says how
# many there can be. The slot below zero is of links that commands print.
sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("email", Text, primary_key=True),  # in lower case; empty: the operator
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("uq_sign_in_link_hash", "hash", unique=True),
    Index("ix_sign_in_link_created_at", "created_at"),
)

session = Table(
    "session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("email", Text),  # in lower case; null: the operator
    Column("entered", BigInteger),  # the account that the operator looks at as its admin would
    Column("csrf", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # to the hour
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_session_expires_at", "expires_at"),
)

# Account 0 is the house: what the operator changes for everybody, such as the price list.
audit = Table(
    "audit",
    metadata,
    key(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("by_operator", Boolean, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("ip", Text, nullable=False),
    Index("ix_audit_at", "at", "account_id", "number"),
)

# The number given last; its row is locked until the line is committed, so no number is left out.
audit_number = Table(
    "audit_number",
    metadata,
    key(),
    Column("number", BigInteger, nullable=False),
)
