"""Where a moment lies among an account's messages, found by halving."""

from sqlalchemy import Connection, func, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import MINUTE, Instant, Span
from prepaid.store import halving
from prepaid.store import tables as t
from prepaid.store.halving import Timed

#: Messages have the real clock's time, which may be set back. Numbers around a moment hold what
#: is wanted as long as that was by no more than this; the times themselves decide what is in.
SLACK: Span = MINUTE

_m = t.message.c
_MESSAGES = Timed(_m.account_id, _m.number, _m.created_at)

#: The time of a message where numbers have been narrowed already. Not by the index on time alone,
#: which PostgreSQL would walk through all that every account has had since then.
MADE_AT = _m.created_at + 0


def newest(connection: Connection, account: AccountId) -> int:
    """The number of the newest message that is kept; 0: there is none."""
    query = select(func.max(_m.number)).where(_m.account_id == account)
    return connection.execute(query).scalar_one() or 0


def from_(connection: Connection, account: AccountId, since: Instant) -> int:
    """A number before which no message is as young as this."""
    return _first(connection, account, since - SLACK)


def first(connection: Connection, account: AccountId, since: Instant) -> int:
    """The number of the first message that is this young; above all numbers when there is none."""
    low = from_(connection, account, since)
    query = (
        select(_m.number)
        .where(_m.account_id == account, _m.number >= low, since <= MADE_AT)
        .order_by(_m.number)
        .limit(1)
    )
    found: int | None = connection.execute(query).scalar_one_or_none()
    return newest(connection, account) + 1 if found is None else found


def before(connection: Connection, account: AccountId, until: Instant) -> int:
    """A number from which on every message is this young or younger."""
    return _first(connection, account, until + SLACK)


def _first(connection: Connection, account: AccountId, at: Instant) -> int:
    """Of the first message of that time or later; above all numbers when there is none."""
    last = newest(connection, account)
    found = halving.first(connection, account, _MESSAGES, last, at)
    return last + 1 if found is None else found
