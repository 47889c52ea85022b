"""Usage as pages show it: some of its workspaces, and bars by day or month. From rollups alone.

The numbers are those of the usage report; here the database adds up, sorts and cuts, so that an
account with many workspaces is shown as fast as one with few.
"""

from itertools import groupby
from operator import attrgetter

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import month_of_day
from prepaid.domain.spending import SERIES_MAX
from prepaid.domain.usage import DAY, MONTH, NO_SKU, Days, months
from prepaid.flows.desk import Desk
from prepaid.store import spending
from prepaid.store.rollups import Which
from prepaid.store.spending import Row, Spent
from prepaid.store.vault import Connection

__all__ = ["Days", "Row", "Which"]

BARS_MAX = 184
CELLS_MAX = 60_000  # workspaces times days; beyond it a bar is a month
SKUS_MAX = 500


class Used(Struct, frozen=True):
    """What one workspace used."""

    workspace: WorkspaceNumber
    requests: int
    micros: Micros
    lines: list[Row]  # by SKU, the dearest first
    others: Row | None  # the SKUs that are not among them, together

    @property
    def rows(self) -> list[Row]:
        """The lines, and the others as the last; together they are what was used."""
        return self.lines if self.others is None else [*self.lines, self.others]


class UsagePage(Struct, frozen=True):
    """Some of the workspaces with usage, who used most first, and what all of them come to."""

    shown: list[Used]
    found: int
    requests: int
    micros: Micros


class Series(Struct, frozen=True):
    """One colour: a workspace or SKU, or all that have no colour of their own."""

    what: WorkspaceNumber | str | None  # None: the rest
    micros: list[Micros]  # one value per bar


class Bars(Struct, frozen=True):
    """Usage per day, or per month."""

    starts: list[int]  # day numbers
    series: list[Series]  # the one that came to most first, the rest last


async def page(
    desk: Desk, account: AccountId, days: Days, which: Which, *, skip: int, limit: int, lines: int
) -> UsagePage:
    """Usage by workspace and SKU, a page of it.

    Args:
        desk: whose database is read.
        account: whose usage.
        days: which days.
        which: of which workspaces and SKU.
        skip: workspaces on the pages before.
        limit: workspaces on this page.
        lines: SKUs that are shown of a workspace, at most.
    """

    def work(connection: Connection) -> UsagePage:
        spent = spending.by_workspace(connection, account, days, which)
        most = sorted(spent, key=lambda number: (-spent[number].micros, number))
        shown = most[skip : skip + limit]
        of_these = which._replace(among=shown)
        rows = spending.rows(connection, account, days, of_these, lines) if shown else []
        found = {number: list(part) for number, part in groupby(rows, attrgetter("workspace"))}
        return UsagePage(
            [_used(number, spent[number], found.get(number, [])) for number in shown],
            len(spent),
            sum(one.requests for one in spent.values()),
            sum(one.micros for one in spent.values()),
        )

    return await desk.vault.read(work)


def _used(number: WorkspaceNumber, spent: Spent, lines: list[Row]) -> Used:
    requests = spent.requests - sum(line.requests for line in lines)
    micros = spent.micros - sum(line.micros for line in lines)
    others = Row(number, NO_SKU, requests, micros) if requests or micros else None
    return Used(number, spent.requests, spent.micros, lines, others)


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
    grain = DAY if is_daily else MONTH
    found = await desk.vault.read(
        lambda c: spending.bars(c, account, days, grain, which, SERIES_MAX)
    )
    starts = list((range if is_daily else months)(first, end))
    places = {start: place for place, start in enumerate(starts)}
    series: dict[WorkspaceNumber | str | None, list[Micros]] = {}
    for bar in found:
        series.setdefault(bar.what, [0] * len(starts))[places[bar.starts]] += bar.micros
    return Bars(starts, _ordered(series))


def _ordered(series: dict[WorkspaceNumber | str | None, list[Micros]]) -> list[Series]:
    made = [Series(what, micros) for what, micros in series.items()]
    return sorted(made, key=lambda one: (one.what is None, -sum(one.micros), str(one.what)))
