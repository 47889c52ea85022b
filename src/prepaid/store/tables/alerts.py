"""What accounts want to be told, and what they were told."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from prepaid.store.tables.base import key, metadata

notification_config = Table(
    "notification_config",
    metadata,
    key(),
    Column("config", LargeBinary, nullable=False),  # JSON, the complete merged shape
    Column("updated_at", BigInteger, nullable=False),
)

workspace_override = Table(
    "workspace_override",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rules", LargeBinary, nullable=False),  # JSON of five nullable fields
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    key(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("scope", Integer, nullable=False),
    Column("dedup_key", Text, nullable=False),
    Column("fired_at", BigInteger, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("email", Boolean, nullable=False),  # the channels switched on when it fired
    Column("webhook", Boolean, nullable=False),
    Column("charge", BigInteger),
    Column("before", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("email_sent", Boolean, nullable=False, server_default=text("false")),
    Column("webhook_sent", Boolean, nullable=False, server_default=text("false")),
    Index("uq_notification_dedup_key", "account_id", "dedup_key", unique=True),
    Index("ix_notification_kind", "account_id", "kind", "number"),
    Index("ix_notification_scope", "account_id", "scope", "kind", "number"),
)
