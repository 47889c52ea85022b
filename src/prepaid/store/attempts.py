"""Attempts: written with what follows from them, listed by endpoint and by message."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, select, tuple_

from prepaid.domain.deliveries import SENT
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import Claimed, queue
from prepaid.store.delivery_queue import AfterRow, AttemptRow

_a = t.attempt.c


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
    cursor: tuple[int, int, int, int] | None = None  # at, message, endpoint, number of the last


def page(
    connection: Connection, account: AccountId, wanted: Wanted, limit: int
) -> list[tuple[AttemptRow, str]]:
    """Attempts with their event type, newest first."""
    m = t.message.c
    query = (
        select(*[_a[name] for name in AttemptRow._fields], m.event_type)
        .join_from(t.attempt, t.message, (m.account_id == _a.account_id) & (m.number == _a.message))
        .where(_a.account_id == account)
        .order_by(_a.at.desc(), _a.message.desc(), _a.endpoint.desc(), _a.number.desc())
        .limit(limit)
    )
    if wanted.endpoint is not None:
        query = query.where(_a.endpoint == wanted.endpoint)
    if wanted.message is not None:
        query = query.where(_a.message == wanted.message)
        ends = select(t.endpoint.c.number).where(t.endpoint.c.account_id == account)
        query = query.where(_a.endpoint.in_(ends))  # the key's second column
    if wanted.failed is not None:
        query = query.where(_a.failure.is_not(None) if wanted.failed else _a.failure.is_(None))
    if wanted.status_low is not None:
        query = query.where(_a.status >= wanted.status_low)
    if wanted.status_high is not None:
        query = query.where(_a.status <= wanted.status_high)
    if wanted.event_types is not None:
        query = query.where(m.event_type.in_(wanted.event_types))
    if wanted.before is not None:
        query = query.where(_a.at < wanted.before)
    if wanted.after is not None:
        query = query.where(_a.at >= wanted.after)
    if wanted.cursor is not None:
        place = tuple_(_a.at, _a.message, _a.endpoint, _a.number)
        query = query.where(place < tuple_(*wanted.cursor))
    return [(AttemptRow(*row[:-1]), row[-1]) for row in connection.execute(query)]


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
