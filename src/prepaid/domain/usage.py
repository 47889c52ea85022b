"""Usage rollups: count and amount by day and month of the charge, and which of them to read."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant, day_of, month_of_day, next_month

Grain = Literal["d", "m"]
DAY: Grain = "d"  # a day of a workspace and a SKU
MONTH: Grain = "m"
Level = Grain | Literal["w"]
WORKSPACE_DAY: Level = "w"  # a day of a workspace; its row has no SKU
NO_SKU = ""


class Cell(NamedTuple):
    """One row of the rollup."""

    account: AccountId
    grain: Level
    starts: int  # day number of its first day
    workspace: WorkspaceNumber
    sku: str


Cells = tuple[Cell, ...]


@lru_cache(maxsize=4_096)
def cells(account: AccountId, day: int, workspace: WorkspaceNumber, sku: str) -> Cells:
    """The rows that the charges of a day, workspace and SKU count in."""
    return (
        Cell(account, DAY, day, workspace, sku),
        Cell(account, MONTH, month_of_day(day), workspace, sku),
        Cell(account, WORKSPACE_DAY, day, workspace, NO_SKU),
    )


def period_of(day: int, grain: Grain | None) -> int:
    """Day number of the first day of the period that holds `day`; 0 when there are no periods."""
    if grain is None:
        return 0
    return day if grain == DAY else month_of_day(day)


class Totals:
    """Changes of an account's rollup rows, summed over a batch."""

    def __init__(self, account: AccountId) -> None:
        self._account = account
        self._changes: dict[tuple[int, WorkspaceNumber, str], list[int]] = {}

    def add(
        self, at: Instant, workspace: WorkspaceNumber, sku: str, count: int, amount: Micros
    ) -> None:
        """Add a change of a charge that was reserved at `at`."""
        place = (day_of(at), workspace, sku)
        change = self._changes.get(place)
        if change is None:
            self._changes[place] = [count, amount]
        else:
            change[0] += count
            change[1] += amount

    def sums(self) -> dict[Cell, tuple[int, Micros]]:
        """Count and amount to add to each row."""
        sums: dict[Cell, tuple[int, Micros]] = {}
        for place, (count, amount) in self._changes.items():
            for cell in cells(self._account, *place):
                before = sums.get(cell, (0, 0))
                sums[cell] = (before[0] + count, before[1] + amount)
        return sums

    def rows(self) -> Iterator[tuple[int, str, int, int, str, int, int]]:
        """Account, grain, first day, workspace, SKU, count and amount to add."""
        for cell, change in self.sums().items():
            yield (*cell, *change)


class Days(NamedTuple):
    """The UTC days `[first, end)` of an account for which it is `today`."""

    first: int
    end: int
    today: int


class Part(NamedTuple):
    """Whole days `[first, end)` of a report, read at one level."""

    grain: Level
    first: int
    end: int
    sign: Literal[1, -1] = 1  # -1: they were counted with their month, and are taken off again

    def starts(self, most: int) -> list[int]:
        """The first days of its rows, the first `most` of them."""
        starts = months if self.grain == MONTH else range
        return list(islice(starts(self.first, self.end), most))


def months(first: int, end: int) -> Iterator[int]:
    """First days of the months that the days `[first, end)` lie in."""
    start = month_of_day(first)
    while start < end:
        yield start
        start = next_month(start)


def parts(days: Days, grain: Grain | None = None) -> list[Part]:
    """What adds up to these days, and can be told apart by the grain.

    By day, the days. Else whole months, and of the months at both ends what is less to read: the
    days wanted, or the month less the days beside them. After today there is nothing to read. So
    at most two half months of days are read, however long the report, and a part of days lies
    within one month.
    """
    first, end, today = days
    if first >= end:
        return []
    if grain == DAY:
        return [Part(DAY, first, end)]
    head, tail = month_of_day(first), month_of_day(end - 1)
    if head == tail:
        return _of_month(first, end, today)
    after = next_month(head)
    between = [Part(MONTH, after, tail)] if after < tail else []
    return [*_of_month(first, after, today), *between, *_of_month(tail, end, today)]


def _of_month(first: int, end: int, today: int) -> list[Part]:
    starts, ends = month_of_day(first), next_month(first)
    last = min(ends, today + 1)
    beside = first - starts + max(last - end, 0)
    if beside >= min(end, last) - first:
        return [Part(DAY, first, end)]
    cut = [Part(MONTH, starts, ends), Part(DAY, starts, first, -1), Part(DAY, end, ends, -1)]
    return [part for part in cut if part.first < part.end]


def without_skus(cut: Iterable[Part]) -> list[Part]:
    """The same parts where SKUs are not told apart: a day is then a row per workspace."""
    return [part._replace(grain=WORKSPACE_DAY) if part.grain == DAY else part for part in cut]
