"""Usage rollups: count and amount per workspace and SKU, by day and by month of the charge."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant, day_of, month_of_day, next_month

Grain = Literal["d", "m"]
DAY: Grain = "d"
MONTH: Grain = "m"


class Cell(NamedTuple):
    """One row of the rollup."""

    account: AccountId
    grain: Grain
    starts: int  # day number of its first day
    workspace: WorkspaceNumber
    sku: str


def cells(
    account: AccountId, at: Instant, workspace: WorkspaceNumber, sku: str
) -> tuple[Cell, Cell]:
    """The two rows a charge counts in."""
    return _cells_of_day(account, day_of(at), workspace, sku)


@lru_cache(maxsize=4_096)
def _cells_of_day(
    account: AccountId, day: int, workspace: WorkspaceNumber, sku: str
) -> tuple[Cell, Cell]:
    return (
        Cell(account, DAY, day, workspace, sku),
        Cell(account, MONTH, month_of_day(day), workspace, sku),
    )


def period_of(day: int, grain: Grain | None) -> int:
    """Day number of the first day of the period that holds `day`; 0 when there are no periods."""
    if grain is None:
        return 0
    return day if grain == DAY else month_of_day(day)


class Totals:
    """Changes of rollup rows, summed over a batch."""

    def __init__(self) -> None:
        self.changes: dict[Cell, list[int]] = {}

    def add(self, at_cells: tuple[Cell, Cell], count: int, amount: Micros) -> None:
        """Add to both rows of a charge."""
        for cell in at_cells:
            change = self.changes.get(cell)
            if change is None:
                self.changes[cell] = [count, amount]
            else:
                change[0] += count
                change[1] += amount

    def rows(self) -> Iterator[tuple[int, str, int, int, str, int, int]]:
        """Account, grain, first day, workspace, SKU, count and amount to add."""
        for cell, (count, amount) in self.changes.items():
            yield (*cell, count, amount)


class Part(NamedTuple):
    """Whole days `[first, end)` of a report, read at one grain."""

    grain: Grain
    first: int
    end: int


def parts(first: int, end: int) -> list[Part]:
    """The days `[first, end)` cut into whole months and the days around them.

    So a report over years reads a row per month, not per day. No part of days has two months.
    """
    month = first if month_of_day(first) == first else next_month(first)
    month_end = month_of_day(end)
    if month > month_end:
        return [Part(DAY, first, end)] if first < end else []
    cut = [Part(DAY, first, month), Part(MONTH, month, month_end), Part(DAY, month_end, end)]
    return [part for part in cut if part.first < part.end]
