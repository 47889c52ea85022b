"""Deliveries to endpoints: claimed by lease, their attempts recorded under the claim.

A worker does not lock accounts: what it changes here is the queue's own, fenced by claim id, and
an endpoint's row is locked while its health changes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Row,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from prepaid.domain.deliveries import FAILED, WAITING
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.prepared import many

Place = tuple[AccountId, int]  # of an endpoint: its account and its number there

_e, _d, _m, _s = t.endpoint.c, t.delivery.c, t.message.c, t.endpoint_secret.c


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
    asked_at: Instant
    made: int  # attempts before this one, since it was asked for
    attempts: int  # attempts before this one
    claim: bytes


def claim(
    connection: Connection,
    now: Instant,
    until: Instant,
    *,
    claim_id: bytes,
    busy: Sequence[Place],
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
    due = _due(connection, now, busy, endpoints_max)
    if not due:
        return []
    for row in due:
        if row.is_off:
            connection.execute(_CLOSE, {"a": row.account_id, "n": row.number, "now": now})
    live = [row for row in due if not row.is_off]
    secrets = _secrets(connection, [(row.account_id, row.number) for row in live], now)
    taken: list[Claimed] = []
    for row in live:
        place = (row.account_id, row.number)
        limit = room(place)
        target = _target(row, secrets.get(place, ()))
        values = {"a": place[0], "n": place[1], "now": now, "limit": limit}
        found = connection.execute(_DUE, values)
        taken += [Claimed(target, *one, claim_id) for one in found]
    if taken:
        many(connection, _LEASE, [_place(one) | {"u": until, "c": claim_id} for one in taken])
    connection.execute(_NEXT, [{"a": row.account_id, "n": row.number} for row in due])
    return taken


def _due(
    connection: Connection, now: Instant, busy: Sequence[Place], limit: int
) -> Sequence[Row[Any]]:
    """Endpoints with due deliveries, locked; those that another locks are left to it."""
    query = (
        select(
            _e.account_id,
            _e.number,
            _e.url,
            _e.headers,
            _e.throttle_rate,
            _e.failing_since,
            or_(_e.disabled, _e.deleted_at.is_not(None)).label("is_off"),
        )
        .where(_e.due_at <= now, tuple_(_e.account_id, _e.number).not_in(busy))
        .order_by(_e.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).all()


def _target(row: Row[Any], secrets: tuple[Sealed, ...]) -> Target:
    return Target(
        place=(row.account_id, row.number),
        url=row.url,
        headers=row.headers,
        throttle_rate=row.throttle_rate,
        was_healthy=row.failing_since is None,
        secrets=secrets,
    )


def _secrets(
    connection: Connection, places: Sequence[Place], now: Instant
) -> dict[Place, tuple[Sealed, ...]]:
    query = (
        select(_s.account_id, _s.endpoint, _s.number, _s.sealed)
        .where(
            tuple_(_s.account_id, _s.endpoint).in_(places),
            or_(_s.expires_at.is_(None), _s.expires_at > now),
        )
        .order_by(_s.number.desc())
    )
    found: dict[Place, tuple[Sealed, ...]] = {}
    for row in connection.execute(query):
        place = (row.account_id, row.endpoint)
        found[place] = (*found.get(place, ()), Sealed(row.number, row.sealed))
    return found


def _place(one: Claimed) -> dict[str, object]:
    account, number = one.target.place
    return {"a": account, "n": number, "m": one.message}


_OF_ENDPOINT = (_d.account_id == bindparam("a"), _d.endpoint == bindparam("n"))
_ONE = (*_OF_ENDPOINT, _d.message == bindparam("m"))
_DUE = (
    select(_d.message, _m.event_type, _m.body, _d.asked_at, _d.made, _d.attempts)
    .join_from(t.delivery, t.message, (_m.account_id == _d.account_id) & (_m.number == _d.message))
    .where(*_OF_ENDPOINT, _d.status == WAITING, _d.due_at <= bindparam("now"))
    .order_by(_d.due_at, _d.message)
    .limit(bindparam("limit", type_=Integer))
    # A result that comes late may be kept just now: it is looked at again after the lock.
    .with_for_update(of=t.delivery, skip_locked=True)
)
_LEASE = update(t.delivery).where(*_ONE).values(claim=bindparam("c"), due_at=bindparam("u"))
#: What is in flight to an endpoint that was switched off ends by itself.
_CLOSE = (
    update(t.delivery)
    .where(
        *_OF_ENDPOINT,
        _d.status == WAITING,
        or_(_d.claim.is_(None), _d.due_at <= bindparam("now")),
    )
    .values(status=literal(FAILED, Text), due_at=None, claim=None)
)
_NEXT = (
    update(t.endpoint)
    .where(_e.account_id == bindparam("a"), _e.number == bindparam("n"))
    .values(
        due_at=select(func.min(_d.due_at))
        .where(_d.account_id == _e.account_id, _d.endpoint == _e.number, _d.status == WAITING)
        .scalar_subquery()
    )
)


class Standing(Struct, frozen=True):
    """A claimed delivery and its message, under lock."""

    attempts: int
    notification: int | None


def held(connection: Connection, claimed: Sequence[Claimed]) -> Iterator[tuple[Claimed, Standing]]:
    """Those whose claim has not passed to another, locked in order."""
    keys = [(*one.target.place, one.message) for one in claimed]
    query = (
        select(_d.account_id, _d.endpoint, _d.message, _d.claim, _d.attempts, _m.notification)
        .join_from(
            t.delivery, t.message, (_m.account_id == _d.account_id) & (_m.number == _d.message)
        )
        .where(tuple_(_d.account_id, _d.endpoint, _d.message).in_(keys))
        .order_by(_d.account_id, _d.endpoint, _d.message)
        .with_for_update(of=t.delivery)
    )
    rows = {(row[0], row[1], row[2]): row for row in connection.execute(query)}
    for key, one in sorted(zip(keys, claimed, strict=True), key=lambda pair: pair[0]):
        row = rows.get(key)
        if row is not None and row.claim == one.claim:
            yield one, Standing(row.attempts, row.notification)


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
