"""Attempts to buy credit: their rows, their history, and who has them in hand."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.instants import Instant
from prepaid.domain.topups.state import Event
from prepaid.domain.topups.topup import Attempt
from prepaid.store import tables as t

NO_NUMBER_YET = 2**31 - 1


def _column(field: str) -> str:
    return "account_id" if field == "account" else field


_FIELDS = Attempt.__struct_fields__
_COLUMNS = [t.topup.c[_column(field)] for field in _FIELDS]


def _attempt(row: Sequence[Any]) -> Attempt:
    return Attempt(**dict(zip(_FIELDS, row, strict=False)))


class Taken(NamedTuple):
    """An attempt, and who has it in hand."""

    attempt: Attempt
    claim: str | None
    claimed_until: Instant | None


def get(connection: Connection, account: AccountId, number: int) -> Taken | None:
    """One attempt."""
    c = t.topup.c
    query = select(*_COLUMNS, c.claim, c.claimed_until).where(
        c.account_id == account, c.number == number
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Taken(_attempt(tuple(row)), row.claim, row.claimed_until)


def page(
    connection: Connection, account: AccountId, before: int = NO_NUMBER_YET, limit: int = 50
) -> list[Attempt]:
    """Attempts, newest first, those with a smaller number than `before`."""
    c = t.topup.c
    query = (
        select(*_COLUMNS)
        .where(c.account_id == account, c.number < before)
        .order_by(c.number.desc())
        .limit(limit)
    )
    return [_attempt(tuple(row)) for row in connection.execute(query)]


def history(connection: Connection, account: AccountId, number: int) -> list[Event]:
    """What happened to an attempt, oldest first."""
    e = t.topup_event.c
    query = (
        select(e.number, e.at, e.what, e.detail)
        .where(e.account_id == account, e.number == number)
        .order_by(e.place)
    )
    return [Event(*row) for row in connection.execute(query)]


def note(connection: Connection, account: AccountId, events: Iterable[Event]) -> None:
    """Add lines to the history of attempts of a locked account."""
    e = t.topup_event.c
    for event in events:
        query = select(func.max(e.place)).where(e.account_id == account, e.number == event.number)
        last = connection.execute(query).scalar_one() or 0
        connection.execute(
            insert(t.topup_event).values(
                account_id=account,
                number=event.number,
                place=last + 1,
                at=event.at,
                what=event.what,
                detail=event.detail,
            )
        )


def add(connection: Connection, attempt: Attempt) -> None:
    """A new attempt of a locked account; the database refuses a second one that runs."""
    connection.execute(insert(t.topup).values(_values(attempt)))


def store(connection: Connection, attempt: Attempt) -> None:
    """The new state of an attempt of a locked account."""
    _update(connection, attempt.account, attempt.number, _values(attempt))


def claim(connection: Connection, attempt: Attempt, name: str, until: Instant) -> None:
    """Take an attempt of a locked account in hand."""
    values = _values(attempt) | {"claim": name, "claimed_until": until}
    _update(connection, attempt.account, attempt.number, values)


def release(connection: Connection, account: AccountId, number: int) -> None:
    """Let go of an attempt of a locked account."""
    _update(connection, account, number, {"claim": None, "claimed_until": None})


def due(connection: Connection, now: Instant, limit: int) -> Sequence[Owned]:
    """Attempts whose next step is due and that nobody has in hand, across accounts."""
    c = t.topup.c
    query = (
        select(c.account_id, c.number)
        .where(c.next_at.is_not(None), c.next_at <= now)
        .where(c.claimed_until.is_(None) | (c.claimed_until <= now))
        .order_by(c.next_at)
        .limit(limit)
    )
    return [Owned(*row) for row in connection.execute(query)]


def by_key(connection: Connection, key: str) -> Owned | None:
    """The attempt with a provider's key: one of the few look-ups across accounts."""
    c = t.topup.c
    query = select(c.account_id, c.number).where(c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else Owned(*row)


def by_payment(connection: Connection, payment: str) -> Owned | None:
    """The attempt that a payment paid: one of the few look-ups across accounts."""
    c = t.topup.c
    query = select(c.account_id, c.number).where(c.payment == payment)
    row = connection.execute(query).first()
    return None if row is None else Owned(*row)


def waiting(connection: Connection, after: AccountId, limit: int) -> list[AccountId]:
    """Accounts at or below the threshold of an auto top-up that is on, in id order."""
    a, u = t.account.c, t.auto_topup.c
    query = (
        select(a.id)
        .join_from(t.auto_topup, t.account, a.id == u.account_id)
        .where(u.enabled, a.closed.is_(False), a.balance <= u.threshold, a.id > after)
        .order_by(a.id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _update(
    connection: Connection, account: AccountId, number: int, values: dict[str, object]
) -> None:
    c = t.topup.c
    place = (c.account_id == account) & (c.number == number)
    changed = connection.execute(update(t.topup).where(place).values(values))
    assert changed.rowcount == 1, "an attempt is never deleted"


def _values(attempt: Attempt) -> dict[str, object]:
    return {_column(field): getattr(attempt, field) for field in _FIELDS}
