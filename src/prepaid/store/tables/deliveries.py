"""What leaves the house: endpoints, messages, their deliveries and attempts, and mail.

Times here are the real clock's, never a sandbox account's: leases and retries go by it.
"""

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

_WAITING = text("status = 'waiting'")
_FAILED = text("failure IS NOT NULL")
_ATTEMPT_PLACE = ("account_id", "endpoint", "at", "message", "number")
_FAILING = text("deleted_at IS NULL AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL)")
_STATUSES = "status IN ('waiting', 'sent', 'failed')"

endpoint = Table(
    "endpoint",
    metadata,
    key(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", Text),  # JSON list; null: all
    Column("disabled", Boolean, nullable=False),
    Column("disabled_reason", Text),  # failing, gone or asked; null: by its owner, or not at all
    Column("headers", LargeBinary),  # sealed JSON; null: none
    Column("throttle_rate", Integer),
    Column("next_at", BigInteger),  # by the throttle, no request begins before
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("due_at", BigInteger),  # no delivery to it is due before this; null: none waits
    Column("failing_since", BigInteger),
    Column("exhausted", Integer, nullable=False, server_default="0"),
    Column("gone", Integer, nullable=False, server_default="0"),
    Column("warned", Integer, nullable=False, server_default="0"),
    # Endpoints, not deliveries, are what a worker looks for: one with a long queue hides no other.
    Index(
        "ix_endpoint_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_endpoint_failing",
        "failing_since",
        "account_id",
        "number",
        sqlite_where=_FAILING,
        postgresql_where=_FAILING,
    ),
    postgresql_with=HOT,
)

endpoint_secret = Table(
    "endpoint_secret",
    metadata,
    key(),
    Column("endpoint", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),  # null: the current one
)

message = Table(
    "message",
    metadata,
    key(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # frozen: these bytes are signed and sent
    Column("created_at", BigInteger, nullable=False),
    Column("notification", BigInteger),  # whose flag turns true on the first success
    Column("endpoint", Integer),  # for this endpoint alone; null: for all that want the type
    Index("ix_message_created_at", "created_at"),
    Index(
        "ix_message_notification",
        "account_id",
        "notification",
        sqlite_where=text("notification IS NOT NULL"),
        postgresql_where=text("notification IS NOT NULL"),
    ),
)

delivery = Table(
    "delivery",
    metadata,
    key(),
    Column("endpoint", Integer, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger),  # while waiting: the next attempt, or the end of the lease
    Column("asked_at", BigInteger, nullable=False),  # when it, or its replay, was asked for
    Column("made", Integer, nullable=False),  # attempts since then
    Column("attempts", Integer, nullable=False),  # attempts in all
    Column("claim", LargeBinary),  # of the attempt in flight; its result is kept under no other
    CheckConstraint(_STATUSES, name="status"),
    Index(
        "ix_delivery_waiting",
        "account_id",
        "endpoint",
        "due_at",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    key(),
    Column("endpoint", Integer, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),  # when it ended
    Column("failure", Text),  # class of error; null: success
    Column("status", Integer),  # of the HTTP answer; null: there was none
    Column("duration_ms", Integer, nullable=False),
    Column("excerpt", Text, nullable=False),  # of the response or the error, at most 4 KiB
    Column("address", Text),
    Column("url", Text),  # this and the next two: null before they were kept
    Column("request_headers", Text),  # as they were sent, secret values masked
    Column("response_headers", Text),  # bounded; lines as `deliveries/head_lines` has them
    Index("ix_attempt_at", *_ATTEMPT_PLACE),
    Index(  # a success pays nothing for it
        "ix_attempt_failed",
        *_ATTEMPT_PLACE,
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    ),
)

mail = Table(
    "mail",
    metadata,
    key(),
    Column("key", Text, primary_key=True),  # of the notification or notice it tells of
    Column("recipient", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # event type, or kind of notice
    Column("facts", LargeBinary, nullable=False),  # JSON, what the letter is written from
    Column("notification", BigInteger),  # whose flag turns true on the first success
    Column("created_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("made", Integer, nullable=False),
    Column("claim", LargeBinary),
    Column("content", LargeBinary),  # written once, before the first attempt; null: not yet
    CheckConstraint(_STATUSES, name="status"),
    Index("ix_mail_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_mail_created_at", "created_at"),
)

mail_attempt = Table(
    "mail_attempt",
    metadata,
    key(),
    Column("key", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),  # accepted, temporary or permanent
    Column("failure", Text),
    Column("code", Integer),
    Column("reply", Text, nullable=False),
    Column("duration_ms", Integer, nullable=False),
)
