"""Attempts: written with what follows from them, listed by endpoint and by message."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, Select, select, tuple_

from prepaid.domain.deliveries.delivery import SENT
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries.delivery import Claimed, queue
from prepaid.store.deliveries.queue import AfterRow, AttemptRow

SCANNED_MAX = 20_000  # attempts of an endpoint that a page looks through for what is rare

_a = t.attempt.c
_columns = (_a.at, _a.message, _a.endpoint, _a.number)
_place = tuple_(*_columns)


class Recorded(Struct, frozen=True):
    """An attempt that has ended, and where it leaves its delivery."""

    claimed: Claimed
    attempt: AttemptRow
    after: AfterRow


def keep(connection: Connection, recorded: Sequence[Recorded]) -> list[Recorded]:
    """Write attempts, their deliveries and the flags of notifications.

    Only of those whose claim has not passed to another; these.
    """
    store = queue(connection)
    held = store.end([(one.attempt, one.after) for one in recorded])
    kept = [one for one in recorded if one.attempt[:3] in held]
    told = {
        (one.attempt.account_id, one.claimed.notification)
        for one in kept
        if one.after.delivery == SENT and one.claimed.notification is not None
    }
    if told:
        store.flag(sorted(told))
    return kept


class Place(NamedTuple):
    """Where an attempt stands in a list."""

    at: Instant
    message: int
    endpoint: int
    number: int


class Wanted(Struct, frozen=True):
    """Which attempts are listed; None: all of them."""

    endpoint: int | None = None
    message: int | None = None
    failed: bool | None = None
    status_low: int | None = None  # HTTP status, both ends included
    status_high: int | None = None
    event_types: tuple[str, ...] | None = None
    before: Instant | None = None
    after: Instant | None = None
    cursor: Place | None = None  # the list goes on behind it

    @property
    def is_picky(self) -> bool:
        """Whether an endpoint's attempts are asked for what no index tells."""
        picks = (self.status_low, self.status_high, self.event_types)
        return self.message is None and (
            self.failed is False or any(one is not None for one in picks)
        )


class Page(NamedTuple):
    """Attempts with their event type, newest first, and where the list goes on; None: that is all.

    It may go on although none was found: what is wanted is rare.
    """

    rows: list[tuple[AttemptRow, str]]
    next: Place | None


def page(connection: Connection, account: AccountId, wanted: Wanted, limit: int) -> Page:
    """At most `limit` attempts, of an endpoint or of a message; looks through 20 000 for them."""
    query = _query(account, wanted).limit(limit + 1)
    floor = _floor(connection, account, wanted) if wanted.is_picky else None
    if floor is not None:
        query = query.where(_a.at >= floor.at, _place >= tuple_(*floor))
    found = connection.execute(query)
    rows = [(AttemptRow(*row[:-1]), row[-1]) for row in found]
    if len(rows) > limit:
        last = rows[limit - 1][0]
        return Page(rows[:limit], Place(last.at, last.message, last.endpoint, last.number))
    return Page(rows, floor)


def _floor(connection: Connection, account: AccountId, wanted: Wanted) -> Place | None:
    """The last that is looked at; None: the list ends before."""
    scanned = _ranged(select(*_columns), account, wanted)
    row = connection.execute(scanned.offset(SCANNED_MAX - 1).limit(1)).one_or_none()
    return None if row is None else Place(*row)


def _query(account: AccountId, wanted: Wanted) -> Select[Any]:
    m = t.message.c
    of_it = (m.account_id == _a.account_id) & (m.number == _a.message)
    columns = select(*[_a[name] for name in AttemptRow._fields], m.event_type)
    query = _ranged(columns.join_from(t.attempt, t.message, of_it), account, wanted)
    if wanted.failed is False:
        query = query.where(_a.failure.is_(None))
    if wanted.status_low is not None:
        query = query.where(_a.status >= wanted.status_low)
    if wanted.status_high is not None:
        query = query.where(_a.status <= wanted.status_high)
    if wanted.event_types is not None:
        query = query.where(m.event_type.in_(wanted.event_types))
    return query


def _ranged(query: Select[Any], account: AccountId, wanted: Wanted) -> Select[Any]:
    """By all that an index answers, newest first."""
    query = query.where(_a.account_id == account)
    if wanted.endpoint is not None:
        query = query.where(_a.endpoint == wanted.endpoint)
    if wanted.message is not None:
        query = query.where(_a.message == wanted.message)
        ends = select(t.endpoint.c.number).where(t.endpoint.c.account_id == account)
        query = query.where(_a.endpoint.in_(ends))  # the key's second column
    if wanted.failed:
        query = query.where(_a.failure.is_not(None))
    if wanted.before is not None:
        query = query.where(_a.at < wanted.before)
    if wanted.after is not None:
        query = query.where(_a.at >= wanted.after)
    if wanted.cursor is not None:
        # The time by itself as well, for the index.
        query = query.where(_a.at <= wanted.cursor.at, _place < tuple_(*wanted.cursor))
    return query.order_by(*(column.desc() for column in _columns))


def get(
    connection: Connection, account: AccountId, endpoint: int, message: int, number: int
) -> AttemptRow | None:
    """One attempt."""
    query = select(*[_a[name] for name in AttemptRow._fields]).where(
        _a.account_id == account,
        _a.endpoint == endpoint,
        _a.message == message,
        _a.number == number,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else AttemptRow(*row)


def of_delivery(
    connection: Connection, account: AccountId, endpoint: int, message: int, limit: int
) -> list[AttemptRow]:
    """Attempts to deliver one message to one endpoint, newest first: a walk down the key."""
    query = (
        select(*[_a[name] for name in AttemptRow._fields])
        .where(_a.account_id == account, _a.endpoint == endpoint, _a.message == message)
        .order_by(_a.number.desc())
        .limit(limit)
    )
    return [AttemptRow(*row) for row in connection.execute(query)]
