"""Messages and deliveries as their owner looks at them."""

from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, func, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import message_times

SCANNED_MAX = 20_000  # messages that a page looks through for what is rare

_e, _d, _m = t.endpoint.c, t.delivery.c, t.message.c


class MessageRow(Struct, frozen=True):
    """A message."""

    account_id: AccountId
    number: int
    event_type: str
    body: bytes
    created_at: Instant


class DeliveryRow(Struct, frozen=True):
    """A message on its way to one endpoint."""

    endpoint: int
    status: str
    attempts: int
    next_at: Instant | None
    is_claimed: bool  # an attempt is in flight, or was when its worker died


_COLUMNS = [_m[name] for name in MessageRow.__struct_fields__]


class Wanted(Struct, frozen=True):
    """Which messages are listed; None: all of them."""

    before: int | None = None  # those with a smaller number
    event_types: tuple[str, ...] | None = None
    since: Instant | None = None
    until: Instant | None = None


class Page(NamedTuple):
    """Messages, newest first, and before which number the list goes on; None: that is all.

    It may go on although none was found: what is wanted is rare.
    """

    rows: list[MessageRow]
    next: int | None


def page(connection: Connection, account: AccountId, wanted: Wanted, limit: int) -> Page:
    """At most `limit` messages; looks through 20 000 for those of certain types."""
    top = message_times.newest(connection, account) + 1
    if wanted.before is not None:
        top = min(top, wanted.before)
    if wanted.until is not None:
        top = min(top, message_times.before(connection, account, wanted.until))
    bottom = 0
    if wanted.since is not None:
        bottom = message_times.from_(connection, account, wanted.since)
    floor = bottom if wanted.event_types is None else max(bottom, top - SCANNED_MAX)
    query = select(*_COLUMNS).where(_m.account_id == account, _m.number < top, _m.number >= floor)
    if wanted.event_types is not None:
        query = query.where(_m.event_type.in_(wanted.event_types))
    if wanted.since is not None:
        query = query.where(wanted.since <= message_times.MADE_AT)
    if wanted.until is not None:
        query = query.where(wanted.until > message_times.MADE_AT)
    found = connection.execute(query.order_by(_m.number.desc()).limit(limit + 1))
    rows = [MessageRow(*row) for row in found]
    if len(rows) > limit:
        return Page(rows[:limit], rows[limit - 1].number)
    return Page(rows, floor if floor > max(bottom, _oldest(connection, account)) else None)


def _oldest(connection: Connection, account: AccountId) -> int:
    query = select(func.min(_m.number)).where(_m.account_id == account)
    return connection.execute(query).scalar_one() or 0


def get(connection: Connection, account: AccountId, number: int) -> MessageRow | None:
    """One message."""
    query = select(*_COLUMNS).where(_m.account_id == account, _m.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else MessageRow(*row)


def deliveries(connection: Connection, account: AccountId, message: int) -> list[DeliveryRow]:
    """Where a message goes, by endpoint; those that were deleted not."""
    # Not a join: SQLite would begin it with every delivery of the account.
    ends = select(_e.number).where(_e.account_id == account, _e.deleted_at.is_(None))
    query = (
        select(_d.endpoint, _d.status, _d.attempts, _d.due_at, _d.claim.is_not(None))
        .where(_d.account_id == account, _d.endpoint.in_(ends), _d.message == message)
        .order_by(_d.endpoint)
    )
    return [DeliveryRow(*row) for row in connection.execute(query)]
