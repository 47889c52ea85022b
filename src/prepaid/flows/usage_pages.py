"""Usage as pages show it: some of its lines, and bars by day or month. From rollups alone.

The numbers are those of the usage report; here the database adds up, sorts and cuts, so that an
account with many workspaces is shown as fast as one with few.
"""

from typing import NamedTuple

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import month_of_day, next_month
from prepaid.domain.spending import SERIES_MAX
from prepaid.domain.usage import DAY, MONTH
from prepaid.flows.desk import Desk
from prepaid.store import spending
from prepaid.store.spending import Row, Rows, Which

__all__ = ["Row", "Rows", "Which"]

BARS_MAX = 184
CELLS_MAX = 40_000  # workspaces times days; beyond it a bar is a month
SKUS_MAX = 500


class Series(Struct, frozen=True):
    """One colour: a workspace or SKU, or all that have no colour of their own."""

    what: WorkspaceNumber | str | None  # None: the rest
    micros: list[Micros]  # one value per bar


class Bars(Struct, frozen=True):
    """Usage per day, or per month."""

    starts: list[int]  # day numbers
    series: list[Series]  # the one that came to most first, the rest last


class Days(NamedTuple):
    """The UTC days `[first, end)`, and the account's present one."""

    first: int
    end: int
    today: int

    @property
    def in_months(self) -> tuple[int, int]:
        """The same usage, in as many whole months as can be: there is none after today."""
        if self.first <= self.today < self.end:
            return self.first, next_month(self.today)
        return self.first, self.end


async def rows(
    desk: Desk, account: AccountId, days: Days, which: Which, skip: int = 0, limit: int = 100
) -> Rows:
    """Lines by workspace and SKU, the dearest first."""
    return await desk.vault.read(
        lambda c: spending.rows(c, account, days.in_months, which, skip, limit)
    )


async def skus(desk: Desk, account: AccountId, first_day: int) -> list[str]:
    """SKUs to choose from."""
    month = month_of_day(first_day)
    return await desk.vault.read(lambda c: spending.skus(c, account, month, SKUS_MAX))


async def bars(desk: Desk, account: AccountId, days: Days, which: Which, workspaces: int) -> Bars:
    """Bars by workspace, or by SKU where workspaces are named.

    Bars are days as long as these are few enough; `workspaces` is how many the account has.
    """
    first, end, _ = days
    many = 1 if which.among is not None else workspaces
    is_daily = end - first <= BARS_MAX and (end - first) * many <= CELLS_MAX
    grain, read = (DAY, (first, end)) if is_daily else (MONTH, days.in_months)
    found = await desk.vault.read(
        lambda c: spending.bars(c, account, read, grain, which, SERIES_MAX)
    )
    starts = list(range(first, end)) if is_daily else _months(first, end)
    places = {start: place for place, start in enumerate(starts)}
    series: dict[WorkspaceNumber | str | None, list[Micros]] = {}
    for bar in found:
        series.setdefault(bar.what, [0] * len(starts))[places[bar.starts]] += bar.micros
    return Bars(starts, _ordered(series))


def _months(first: int, end: int) -> list[int]:
    found = [month_of_day(first)]
    while (following := next_month(found[-1])) < end:
        found.append(following)
    return found


def _ordered(series: dict[WorkspaceNumber | str | None, list[Micros]]) -> list[Series]:
    made = [Series(what, micros) for what, micros in series.items()]
    return sorted(made, key=lambda one: (one.what is None, -sum(one.micros), str(one.what)))
