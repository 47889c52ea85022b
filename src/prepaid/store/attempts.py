"""Attempts: written with what follows from them, listed by endpoint and by message."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from prepaid.domain.deliveries import SENT, Status
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.prepared import many

_a, _d, _n = t.attempt.c, t.delivery.c, t.notification.c


class AttemptRow(Struct, frozen=True):
    """One request and what became of it."""

    account_id: AccountId
    endpoint: int
    message: int
    number: int  # 1, 2, 3 … of its delivery
    at: Instant  # when it ended
    failure: str | None  # class of error; None: success
    status: int | None  # of the HTTP answer
    duration_ms: int
    excerpt: str
    address: str | None


class Recorded(Struct, frozen=True):
    """An attempt, and where it leaves its delivery."""

    attempt: AttemptRow
    made: int  # attempts since the delivery was asked for
    delivery: Status
    due_at: Instant | None
    notification: int | None


def keep(connection: Connection, recorded: Sequence[Recorded]) -> None:
    """Write attempts, their deliveries and the flags of notifications. All are locked."""
    many(connection, _ADD, [asdict(one.attempt) for one in recorded])
    many(
        connection,
        _END,
        [
            {
                "a": one.attempt.account_id,
                "e": one.attempt.endpoint,
                "m": one.attempt.message,
                "status": one.delivery,
                "due_at": one.due_at,
                "made": one.made,
                "attempts": one.attempt.number,
            }
            for one in recorded
        ],
    )
    told = {
        (one.attempt.account_id, one.notification)
        for one in recorded
        if one.delivery == SENT and one.notification is not None
    }
    if told:
        connection.execute(_FLAG, [{"a": account, "n": number} for account, number in sorted(told)])


_ADD = insert(t.attempt)
_END = (
    update(t.delivery)
    .where(
        _d.account_id == bindparam("a"),
        _d.endpoint == bindparam("e"),
        _d.message == bindparam("m"),
    )
    .values(
        status=bindparam("status"),
        due_at=bindparam("due_at"),
        made=bindparam("made"),
        attempts=bindparam("attempts"),
        claim=None,
    )
)
_FLAG = (
    update(t.notification)
    .where(_n.account_id == bindparam("a"), _n.number == bindparam("n"))
    .values(webhook_sent=True)
)


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
        select(*[_a[name] for name in AttemptRow.__struct_fields__], m.event_type)
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
