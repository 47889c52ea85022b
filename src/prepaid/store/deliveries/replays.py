"""Deliveries that are asked for once more, and which of them an endpoint has missed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, or_, select, update

from prepaid.domain.deliveries.delivery import FAILED, WAITING
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import message_times, posting
from prepaid.store.deliveries.messages import IS_FOR, WANTS

SCANNED_MAX = 20_000  # messages that one step looks through for those that were missed
ASKED_MAX = 500  # messages that one statement asks for by their numbers

_e, _d, _m = t.endpoint.c, t.delivery.c, t.message.c


def replay(
    connection: Connection,
    account: AccountId,
    number: int,
    messages: Sequence[int],
    at: Instant,
) -> None:
    """Ask for deliveries of these messages anew, whatever became of them. Not of those in flight.

    The endpoint is given its due time last, as everywhere: its row is locked after its deliveries.
    """
    where = (_d.account_id == account, _d.endpoint == number, _d.message.in_(messages))
    known = set(connection.scalars(select(_d.message).where(*where)))
    again = {"status": WAITING, "due_at": at, "asked_at": at, "made": 0}
    connection.execute(update(t.delivery).where(*where, _d.claim.is_(None)).values(again))
    place = {"account_id": account, "endpoint": number, "attempts": 0}
    new = [place | again | {"message": one} for one in messages if one not in known]
    if new:
        connection.execute(insert(t.delivery), new)
    connection.execute(
        update(t.endpoint)
        .where(
            _e.account_id == account,
            _e.number == number,
            or_(_e.due_at.is_(None), _e.due_at > at),
        )
        .values(due_at=at)
    )
    posting.mark(connection)


def missed(
    connection: Connection, account: AccountId, number: int, since: Instant, first: int
) -> list[int]:
    """Messages since then that the endpoint wants and has not got, oldest first.

    Those that failed, and those of a time at which it was switched off or not yet made; among the
    20 000 numbers from `first` on.
    """
    # Of both tables, else PostgreSQL reads every delivery there is to join them.
    last = first + SCANNED_MAX - 1
    query = _missed(account, number, _d.message.between(first, last)).where(
        _m.number.between(first, last), since <= message_times.MADE_AT
    )
    return list(connection.scalars(query.order_by(_m.number)))


def still_missed(
    connection: Connection, account: AccountId, number: int, messages: Sequence[int]
) -> list[int]:
    """Those of these messages that the endpoint wants and has not got, oldest first."""
    found: list[int] = []
    for start in range(0, len(messages), ASKED_MAX):
        some = messages[start : start + ASKED_MAX]
        query = _missed(account, number, _d.message.in_(some)).where(_m.number.in_(some))
        found += connection.scalars(query)
    return sorted(found)


def _missed(account: AccountId, number: int, among: ColumnElement[bool]) -> Select[Any]:
    delivered = (
        select(_d.message)
        .where(
            _d.account_id == account,
            _d.endpoint == number,
            among,
            _d.message == _m.number,
            _d.status != FAILED,
        )
        .exists()
    )
    return (
        select(_m.number)
        .select_from(t.message.join(t.endpoint, _e.account_id == _m.account_id))
        .where(_m.account_id == account, _e.number == number, IS_FOR, WANTS, ~delivered)
    )
