"""What a notification started: its message, and the mails with the attempts at them."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, select

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.store import tables as t

_m, _l, _a = t.message.c, t.mail.c, t.mail_attempt.c


class MailRow(Struct, frozen=True):
    """A mail to one address."""

    recipient: str
    status: str
    due_at: Instant | None  # of the next attempt, while it waits
    made: int
    is_claimed: bool


class MailAttemptRow(Struct, frozen=True):
    """One attempt to hand a mail over."""

    recipient: str
    number: int
    at: Instant
    outcome: str  # accepted, temporary or permanent
    failure: str | None
    code: int | None
    reply: str
    duration_ms: int


def message_of(connection: Connection, account: AccountId, notification: int) -> int | None:
    """The number of the message that tells of a notification, while it is kept."""
    query = select(_m.number).where(_m.account_id == account, _m.notification == notification)
    found: int | None = connection.execute(query.limit(1)).scalar_one_or_none()
    return found


def mails(connection: Connection, account: AccountId, key: str) -> list[MailRow]:
    """The mails of a notification, by address; `key` is its own."""
    query = (
        select(_l.recipient, _l.status, _l.due_at, _l.made, _l.claim.is_not(None))
        .where(_l.account_id == account, _l.key == key)
        .order_by(_l.recipient)
    )
    return [MailRow(*row) for row in connection.execute(query)]


def mail_attempts(connection: Connection, account: AccountId, key: str) -> list[MailAttemptRow]:
    """Every attempt at the mails of a notification, newest first."""
    query = (
        select(*[_a[name] for name in MailAttemptRow.__struct_fields__])
        .where(_a.account_id == account, _a.key == key)
        .order_by(_a.at.desc(), _a.recipient, _a.number.desc())
    )
    return [MailAttemptRow(*row) for row in connection.execute(query)]


def names(
    connection: Connection, account: AccountId, numbers: Iterable[WorkspaceNumber]
) -> dict[WorkspaceNumber, str]:
    """The names of some workspaces, archived ones too."""
    w = t.workspace.c
    query = select(w.number, w.name).where(w.account_id == account, w.number.in_(sorted(numbers)))
    return {row.number: row.name for row in connection.execute(query)}
