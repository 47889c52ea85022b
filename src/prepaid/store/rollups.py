"""Rows of the usage rollups that add up to some days. What they are summed by is the reader's."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    and_,
    cast,
    func,
    literal,
    select,
    union_all,
)

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import month_of_day
from prepaid.domain.usage import MONTH, Grain, Part
from prepaid.store import tables as t

NO_PERIOD = 0
LISTED_MAX = 200  # days or months that are named one by one

_u = t.usage.c


class Which(NamedTuple):
    """Which usage is meant: of which workspaces, of which SKU; None: of all."""

    among: Sequence[WorkspaceNumber] | None = None
    sku: str | None = None


ALL = Which()


def each(
    account: AccountId, cut: Iterable[Part], which: Which = ALL, grain: Grain | None = None
) -> CTE:
    """`period`, `workspace`, `sku`, `requests` and `micros` of every row of the parts.

    They are below zero where a part is taken off again. `period` is the day number of the first
    day of the grain's period, or 0 without a grain.
    """
    rows = [
        select(
            _period(part, grain).label("period"),
            _u.workspace,
            _u.sku,
            (_u["count"] if part.sign > 0 else -_u["count"]).label("requests"),
            (_u.micros if part.sign > 0 else -_u.micros).label("micros"),
        ).where(*_of(account, part, which))
        for part in cut
    ]
    return union_all(*rows).cte("each")


def _period(part: Part, grain: Grain | None) -> ColumnElement[int]:
    if grain is None:
        return literal(NO_PERIOD)
    if grain == MONTH != part.grain:
        return literal(month_of_day(part.first))
    return _u.starts


def _of(account: AccountId, part: Part, which: Which) -> list[ColumnElement[bool]]:
    wanted = [_u.account_id == account, _u.grain == part.grain, _within(part, which)]
    if which.among is not None:
        wanted.append(_u.workspace.in_(which.among))
    if which.sku is not None:
        wanted.append(_u.sku == which.sku)
    return wanted


def _within(part: Part, which: Which) -> ColumnElement[bool]:
    # The key goes on with the workspace: with the days named, the index leads to few workspaces.
    if which.among is not None:
        starts = part.starts(LISTED_MAX)
        if len(starts) < LISTED_MAX:
            return _u.starts.in_(starts)
    return and_(_u.starts >= part.first, _u.starts < part.end)


def summed(column: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of a column, as the integer it is."""
    # PostgreSQL sums bigints as numeric.
    return cast(func.sum(column), BigInteger)
