"""Deliveries to endpoints: claimed by lease, their attempts recorded under the claim.

A worker does not lock accounts: what it changes here is the queue's own, fenced by claim id, and
an endpoint's row is locked while its health changes.
"""

from collections.abc import Callable, Collection, Iterable
from itertools import groupby

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from prepaid.domain.deliveries import pacing
from prepaid.domain.deliveries.delivery import FAILED, WAITING
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries.queue import DueEndpoint, NextRow, Place, Queue, TakenRow, Wish
from prepaid.store.postgres.queue import PostgresQueue
from prepaid.store.sqlite.queue import SqliteQueue

_e, _d = t.endpoint.c, t.delivery.c


class Sealed(Struct, frozen=True):
    """A secret as it is kept."""

    number: int
    sealed: bytes


class Target(Struct, frozen=True):
    """An endpoint as it was when deliveries to it were claimed."""

    place: Place
    url: str
    headers: bytes | None  # sealed
    throttle_rate: int | None
    was_healthy: bool
    secrets: tuple[Sealed, ...]  # those that sign now, the newest first


class Claimed(Struct, frozen=True):
    """A delivery that this process attempts now."""

    target: Target
    message: int
    event_type: str
    body: bytes
    notification: int | None  # whose flag turns true on the first success
    asked_at: Instant
    made: int  # attempts before this one, since it was asked for
    attempts: int  # attempts before this one
    begins_at: Instant  # by the endpoint's throttle, not before
    claim: bytes


def queue(connection: Connection) -> Queue:
    """The statements that every delivery meets, for the database at hand."""
    if connection.dialect.name == "sqlite":
        return SqliteQueue(connection)
    return PostgresQueue(connection)


def claim(
    connection: Connection,
    now: Instant,
    until: Instant,
    *,
    claim_id: bytes,
    busy: Collection[Place],
    endpoints_max: int,
    room: Callable[[Place], int],
) -> list[Claimed]:
    """Take due deliveries until the lease ends, of the endpoints that are due longest.

    Args:
        connection: of an open transaction.
        now: by the clock of leases.
        until: the end of the lease.
        claim_id: never used before.
        busy: endpoints to leave alone.
        endpoints_max: how many are looked at.
        room: how many deliveries of an endpoint can be taken.
    """
    store = queue(connection)
    due = store.due(now, busy, endpoints_max)
    if not due:
        return []
    for row in due:
        if row.is_off:
            connection.execute(_CLOSE, {"a": row.account, "n": row.number, "now": now})
    live = [row for row in due if not row.is_off and not pacing.is_full(row.next_at, now)]
    wishes = [Wish(*_place(row), room(_place(row))) for row in live]
    taken = store.take(wishes, now, until, claim_id)
    targets = {_place(row): _target(row) for row in live}
    paced = {_place(row): row.next_at for row in due}
    claimed: list[Claimed] = []
    for place, group in groupby(taken, key=lambda row: row[:2]):
        target, rows = targets[place], list(group)
        begins = [now] * len(rows)
        if target.throttle_rate is not None:
            begins = pacing.begins(paced[place], now, target.throttle_rate, len(rows))
            paced[place] = pacing.after(begins, target.throttle_rate)
        claimed += _claimed(target, rows, begins, claim_id)
    store.next([NextRow(*place, at, (at or 0) - pacing.AHEAD) for place, at in paced.items()])
    return claimed


def _place(row: DueEndpoint) -> Place:
    return (row.account, row.number)


def _target(row: DueEndpoint) -> Target:
    return Target(
        place=_place(row),
        url=row.url,
        headers=row.headers,
        throttle_rate=row.throttle_rate,
        was_healthy=row.failing_since is None,
        secrets=tuple(Sealed(number, sealed) for number, sealed in row.secrets),
    )


def _claimed(
    target: Target, rows: Iterable[TakenRow], begins: Iterable[Instant], claim_id: bytes
) -> list[Claimed]:
    return [
        Claimed(
            target=target,
            message=row.message,
            event_type=row.event_type,
            body=row.body,
            notification=row.notification,
            asked_at=row.asked_at,
            made=row.made,
            attempts=row.attempts,
            begins_at=begins_at,
            claim=claim_id,
        )
        for row, begins_at in zip(rows, begins, strict=True)
    ]


#: What is in flight to an endpoint that was switched off ends by itself.
_CLOSE = (
    update(t.delivery)
    .where(
        _d.account_id == bindparam("a"),
        _d.endpoint == bindparam("n"),
        _d.status == WAITING,
        or_(_d.claim.is_(None), _d.due_at <= bindparam("now")),
    )
    .values(status=literal(FAILED, Text), due_at=None, claim=None)
)


def oldest_due(connection: Connection, now: Instant) -> Instant | None:
    """When the delivery that waits longest was due."""
    query = select(func.min(_e.due_at)).where(_e.due_at <= now)
    found: Instant | None = connection.execute(query).scalar_one()
    return found


def release(connection: Connection, now: Instant) -> None:
    """Make every claimed delivery due: nobody but this process works, and it has just begun."""
    is_claimed = (_d.status == WAITING) & _d.claim.is_not(None)
    at = literal(now, BigInteger)
    places = select(_d.account_id, _d.endpoint).where(is_claimed)
    where = tuple_(_e.account_id, _e.number).in_(places)
    connection.execute(update(t.endpoint).where(where).values(due_at=at))
    connection.execute(update(t.delivery).where(is_claimed).values(due_at=at, claim=None))
