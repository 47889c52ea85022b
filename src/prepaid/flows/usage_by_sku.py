"""Usage by SKU, for pages: from rollups, few series whatever the account has."""

from collections.abc import Sequence

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.spending import SERIES_MAX
from prepaid.flows.desk import Desk
from prepaid.store import spending


class SkuSeries(Struct, frozen=True):
    """What one SKU, or all that have no series of their own, came to per day."""

    sku: str | None  # None: the rest
    micros: list[Micros]  # one value per day


class SkuUsage(Struct, frozen=True):
    """What one SKU came to."""

    sku: str
    requests: int
    micros: Micros


async def of_workspace(
    desk: Desk, account: AccountId, workspace: WorkspaceNumber, first_day: int, end_day: int
) -> list[SkuUsage]:
    """What a workspace used on the UTC days `[first_day, end_day)`, the dearest SKU first."""
    found = await desk.vault.read(
        lambda c: spending.by_sku(c, account, workspace, first_day, end_day)
    )
    lines = [SkuUsage(sku, *spent) for sku, spent in found.items() if any(spent)]
    return sorted(lines, key=lambda line: (-line.micros, line.sku))


async def by_sku(
    desk: Desk,
    account: AccountId,
    first_day: int,
    end_day: int,
    among: Sequence[WorkspaceNumber] | None = None,
    sku: str | None = None,
) -> list[SkuSeries]:
    """The SKUs that came to most, on the UTC days `[first_day, end_day)`; the rest stand last.

    Args:
        desk: whose database is read.
        account: whose usage.
        first_day: number of the first UTC day.
        end_day: the day after the last.
        among: only these workspaces; None: everything.
        sku: only this one; None: all.
    """
    cells = await desk.vault.read(
        lambda c: spending.sku_cells(c, account, first_day, end_day, SERIES_MAX, among, sku)
    )
    found: dict[str | None, list[Micros]] = {}
    for cell in cells:
        days = found.setdefault(cell.sku, [0] * (end_day - first_day))
        days[cell.day - first_day] += cell.micros
    series = [SkuSeries(name, micros) for name, micros in found.items()]
    return sorted(series, key=lambda one: (one.sku is None, -sum(one.micros), one.sku or ""))
