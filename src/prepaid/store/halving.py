"""Finds where a moment lies among an account's numbered rows, which have no index on time."""

from typing import NamedTuple

from sqlalchemy import Column, Connection, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant


class Timed(NamedTuple):
    """The columns of rows whose time grows with their number."""

    account: Column[int]
    number: Column[int]
    time: Column[int]


def first(
    connection: Connection, account: AccountId, timed: Timed, newest: int, at: Instant
) -> int | None:
    """The number of the first row of that time or later; None when all up to `newest` are older.

    Each step reads one row, and halves what is left of the numbers.
    """
    low, high = 0, newest + 1
    found = None
    while low < high:
        middle = (low + high) // 2
        probe = (
            select(timed.number, timed.time)
            .where(timed.account == account, timed.number >= middle)
            .order_by(timed.number)
            .limit(1)
        )
        row = connection.execute(probe).one_or_none()
        if row is not None and row[1] < at:
            low = row[0] + 1
        else:
            high = middle
            found = found if row is None else row[0]
    return found
