"""Messages: events with their frozen body, and the deliveries they start.

Both are written in the transaction that causes the event, with the account locked.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Text,
    bindparam,
    exists,
    insert,
    literal,
    or_,
    select,
    update,
)

from prepaid.domain.deliveries.delivery import WAITING
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import posting


class NewMessage(Struct, frozen=True):
    """An event that has just happened."""

    account: AccountId
    event_type: str
    body: bytes  # signed and sent as it is
    notification: int | None = None  # whose flag turns true on the first success
    endpoint: int | None = None  # for this endpoint alone; None: for all that want the type


def add(
    connection: Connection,
    account: AccountId,
    event_type: str,
    body: bytes,
    *,
    at: Instant,
) -> int:
    """Record an event for the endpoints that want it now; its number in the account.

    Call it in the transaction that causes the event, with the account locked; `at` is the real
    clock, also for a sandbox account.
    """
    return add_all(connection, [NewMessage(account, event_type, body)], at)[0]


def add_all(connection: Connection, messages: Sequence[NewMessage], at: Instant) -> list[int]:
    """Record several, in order; their numbers. A few statements for each account."""
    # Accounts in id order: the endpoints below are locked in one order by everyone.
    by_account: dict[AccountId, list[int]] = {
        account: [] for account in sorted({message.account for message in messages})
    }
    for place, message in enumerate(messages):
        by_account[message.account].append(place)
    numbers = [0] * len(messages)
    for account, places in by_account.items():
        last = connection.execute(_NUMBER, {"a": account, "n": len(places)}).scalar_one()
        for number, place in enumerate(places, last - len(places) + 1):
            numbers[place] = number
    connection.execute(_ADD, list(_rows(messages, numbers, at)))
    for account, places in by_account.items():
        span = {"a": account, "low": numbers[places[0]], "high": numbers[places[-1]], "at": at}
        connection.execute(_DELIVER, span)
        connection.execute(_WAKE, span)
    posting.mark(connection)
    return numbers


def _rows(
    messages: Iterable[NewMessage], numbers: Iterable[int], at: Instant
) -> Iterable[dict[str, object]]:
    for message, number in zip(messages, numbers, strict=True):
        yield {
            "account_id": message.account,
            "number": number,
            "event_type": message.event_type,
            "body": message.body,
            "created_at": at,
            "notification": message.notification,
            "endpoint": message.endpoint,
        }


_NUMBER = (
    update(t.account)
    .where(t.account.c.id == bindparam("a"))
    .values(messages=t.account.c.messages + bindparam("n", type_=BigInteger))
    .returning(t.account.c.messages)
)
_ADD = insert(t.message)

_e, _m, _d = t.endpoint.c, t.message.c, t.delivery.c

#: An event type is one of a closed list, so its underscores match nothing else here.
WANTS = or_(_e.event_types.is_(None), _e.event_types.like('%"' + _m.event_type + '"%'))
IS_FOR = or_(_m.endpoint.is_(None), _m.endpoint == _e.number)

_at = bindparam("at", type_=BigInteger)
_DELIVER = insert(t.delivery).from_select(
    ["account_id", "endpoint", "message", "status", "due_at", "asked_at", "made", "attempts"],
    select(
        _e.account_id,
        _e.number,
        _m.number,
        literal(WAITING, Text),
        _at,
        _at,
        literal(0, Integer),
        literal(0, Integer),
    )
    .select_from(t.endpoint.join(t.message, _m.account_id == _e.account_id))
    .where(
        _e.account_id == bindparam("a"),
        _m.number.between(bindparam("low"), bindparam("high")),
        _e.disabled.is_(False),
        _e.deleted_at.is_(None),
        IS_FOR,
        WANTS,
    ),
)
_WAKE = (
    update(t.endpoint)
    .where(
        _e.account_id == bindparam("a"),
        or_(_e.due_at.is_(None), _e.due_at > _at),
        exists(
            select(_d.message).where(
                _d.account_id == _e.account_id,
                _d.endpoint == _e.number,
                _d.message.between(bindparam("low"), bindparam("high")),
            )
        ),
    )
    .values(due_at=_at)
)
