"""Spend by day and by workspace, from the rollups: a charge is never read.

The database adds up, sorts and cuts: an account may have a thousand workspaces, and a page shows
few.
"""

from typing import Any, NamedTuple, cast

from sqlalchemy import CTE, Connection, Select, func, or_, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.spending import Cell
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import MONTH as BY_MONTH
from prepaid.domain.usage import Days, Grain, parts, without_skus
from prepaid.store import tables as t
from prepaid.store.rollups import ALL, Which, each, summed

_u = t.usage.c


def cells(connection: Connection, account: AccountId, days: Days, most: int) -> list[Cell]:
    """What the `most` workspaces that spent most, and the rest, spent on each UTC day."""
    bar = bars(connection, account, days, BY_DAY, ALL, most)
    return [Cell(one.starts, cast("int | None", one.what), one.micros) for one in bar]


class Bar(NamedTuple):
    """What one workspace or SKU, or the rest of them together, came to in one day or month."""

    starts: int  # day number of its first day
    what: WorkspaceNumber | str | None  # None: all but those that came to most
    micros: Micros


def bars(
    connection: Connection, account: AccountId, days: Days, grain: Grain, which: Which, most: int
) -> list[Bar]:
    """As `cells`, by day or month; by workspace, or by SKU where workspaces are named."""
    cut = parts(days, grain)
    used = each(account, without_skus(cut) if which == ALL else cut, which, grain)
    column = "workspace" if which.among is None else "sku"
    found = connection.execute(_most(used, column, most))
    return [Bar(*row) for row in found]


def _most(used: CTE, column: str, most: int) -> Select[Any]:
    """Time, what and sum; `what` is null for all but the `most` that come to most."""
    sums = (
        select(used.c.period, used.c[column].label("what"), summed(used.c.micros).label("micros"))
        .group_by(used.c.period, used.c[column])
        .having(summed(used.c.micros) != 0)
        .cte("sums")
    )
    top = (
        select(sums.c.what)
        .group_by(sums.c.what)
        .order_by(summed(sums.c.micros).desc(), sums.c.what)
        .limit(most)
        .cte("top")
    )
    return (
        select(sums.c.period, top.c.what, summed(sums.c.micros))
        .join_from(sums, top, sums.c.what == top.c.what, isouter=True)
        .group_by(sums.c.period, top.c.what)
    )


class Spent(NamedTuple):
    """What a workspace used."""

    requests: int
    micros: Micros


def by_workspace(
    connection: Connection, account: AccountId, days: Days, which: Which = ALL
) -> dict[WorkspaceNumber, Spent]:
    """What each workspace used on these days; none that used nothing."""
    cut = parts(days)
    used = each(account, without_skus(cut) if which.sku is None else cut, which).c
    query = select(used.workspace, summed(used.requests), summed(used.micros)).group_by(
        used.workspace
    )
    spent = {place: Spent(*used) for place, *used in connection.execute(query)}
    return {place: one for place, one in spent.items() if any(one)}


class Row(NamedTuple):
    """Usage of one SKU in one workspace."""

    workspace: WorkspaceNumber
    sku: str
    requests: int
    micros: Micros


def rows(
    connection: Connection, account: AccountId, days: Days, which: Which, most: int
) -> list[Row]:
    """Usage by workspace and SKU, the `most` dearest of each workspace, by workspace."""
    used = each(account, parts(days), which).c
    requests, micros = summed(used.requests), summed(used.micros)
    dearest = (micros.desc(), used.sku)
    place = func.row_number().over(partition_by=used.workspace, order_by=dearest)
    sums = (
        select(
            used.workspace,
            used.sku,
            requests.label("requests"),
            micros.label("micros"),
            place.label("place"),
        )
        .group_by(used.workspace, used.sku)
        .having(or_(requests != 0, micros != 0))
        .cte("sums")
    ).c
    query = (
        select(sums.workspace, sums.sku, sums.requests, sums.micros)
        .where(sums.place <= most)
        .order_by(sums.workspace, sums.place)
    )
    return [Row(*row) for row in connection.execute(query)]


def skus(connection: Connection, account: AccountId, month: int, most: int) -> list[str]:
    """SKUs that were used since a month began, by name."""
    query = (
        select(_u.sku)
        .where(_u.account_id == account, _u.grain == BY_MONTH, _u.starts >= month)
        .distinct()
        .order_by(_u.sku)
        .limit(most)
    )
    return list(connection.execute(query).scalars())
