"""Spend by day and by workspace, from the rollups: a charge is never read."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.spending import Cell
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import parts
from prepaid.store import tables as t

_u = t.usage.c


def cells(
    connection: Connection, account: AccountId, first_day: int, end_day: int, most: int
) -> list[Cell]:
    """What the `most` workspaces that spent most, and the rest, spent on each UTC day.

    The database adds up: an account may have a thousand workspaces, and a page shows few.
    """
    days = _of_days(account, first_day, end_day)
    rows = connection.execute(_by(_u.workspace, days, most))
    return [Cell(day, place, int(micros)) for day, place, micros in rows]


class SkuCell(NamedTuple):
    """What one SKU, or the rest of them together, came to on one UTC day."""

    day: int
    sku: str | None  # None: all but those that came to most
    micros: Micros


def sku_cells(
    connection: Connection,
    account: AccountId,
    first_day: int,
    end_day: int,
    most: int,
    among: Sequence[WorkspaceNumber] | None = None,
    sku: str | None = None,
) -> list[SkuCell]:
    """As `cells`, by SKU; only of some workspaces, only of one SKU, if asked."""
    days = _of_days(account, first_day, end_day)
    if among is not None:
        days.append(_u.workspace.in_(among))
    if sku is not None:
        days.append(_u.sku == sku)
    rows = connection.execute(_by(_u.sku, days, most))
    return [SkuCell(day, name, int(micros)) for day, name, micros in rows]


def _of_days(account: AccountId, first_day: int, end_day: int) -> list[ColumnElement[bool]]:
    return [
        _u.account_id == account,
        _u.grain == BY_DAY,
        _u.starts >= first_day,
        _u.starts < end_day,
    ]


def _by(column: ColumnElement[Any], days: Sequence[ColumnElement[bool]], most: int) -> Select[Any]:
    """Day, column and sum; the column is null for all but the `most` that come to most."""
    cell = (
        select(_u.starts, column.label("what"), func.sum(_u.micros).label("micros"))
        .where(*days)
        .group_by(_u.starts, column)
        .cte("cell")
    )
    top = (
        select(cell.c.what)
        .group_by(cell.c.what)
        .order_by(func.sum(cell.c.micros).desc(), cell.c.what)
        .limit(most)
        .cte("top")
    )
    return (
        select(cell.c.starts, top.c.what, func.sum(cell.c.micros))
        .join_from(cell, top, cell.c.what == top.c.what, isouter=True)
        .group_by(cell.c.starts, top.c.what)
    )


class Spent(NamedTuple):
    """What a workspace used."""

    requests: int
    micros: Micros


def by_workspace(
    connection: Connection, account: AccountId, first_day: int, end_day: int
) -> dict[WorkspaceNumber, Spent]:
    """What each workspace used on the UTC days `[first_day, end_day)`; whole months as such."""
    return _spent(connection, _u.workspace, _u.account_id == account, first_day, end_day)


def by_sku(
    connection: Connection,
    account: AccountId,
    workspace: WorkspaceNumber,
    first_day: int,
    end_day: int,
) -> dict[str, Spent]:
    """What a workspace used of each SKU on those days."""
    mine = and_(_u.account_id == account, _u.workspace == workspace)
    return _spent(connection, _u.sku, mine, first_day, end_day)


def _spent(
    connection: Connection,
    column: ColumnElement[Any],
    whose: ColumnElement[bool],
    first_day: int,
    end_day: int,
) -> dict[Any, Spent]:
    found: dict[Any, Spent] = {}
    for part in parts(first_day, end_day):
        query = (
            select(column, func.sum(_u["count"]), func.sum(_u.micros))
            .where(whose, _u.grain == part.grain, _u.starts >= part.first, _u.starts < part.end)
            .group_by(column)
        )
        for what, count, micros in connection.execute(query):
            before = found.get(what, Spent(0, 0))
            found[what] = Spent(before.requests + int(count), before.micros + int(micros))
    return found
