"""Spend by day and by workspace, from the rollups: a charge is never read."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    func,
    literal,
    or_,
    select,
    union_all,
)

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import month_of_day
from prepaid.domain.spending import Cell
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import MONTH as BY_MONTH
from prepaid.domain.usage import Grain, Part, parts
from prepaid.store import tables as t

_u = t.usage.c


def cells(
    connection: Connection, account: AccountId, first_day: int, end_day: int, most: int
) -> list[Cell]:
    """What the `most` workspaces that spent most, and the rest, spent on each UTC day.

    The database adds up: an account may have a thousand workspaces, and a page shows few.
    """
    bar = bars(connection, account, (first_day, end_day), BY_DAY, Which(), most)
    return [Cell(one.starts, cast("int | None", one.what), one.micros) for one in bar]


class Bar(NamedTuple):
    """What one workspace or SKU, or the rest of them together, came to in one day or month."""

    starts: int  # day number of its first day
    what: WorkspaceNumber | str | None  # None: all but those that came to most
    micros: Micros


class Which(NamedTuple):
    """Which usage is meant: of which workspaces, of which SKU; None: of all."""

    among: Sequence[WorkspaceNumber] | None = None
    sku: str | None = None


def bars(
    connection: Connection,
    account: AccountId,
    days: tuple[int, int],
    grain: Grain,
    which: Which,
    most: int,
) -> list[Bar]:
    """As `cells`, by day or month; by workspace, or by SKU where workspaces are named."""
    column = _u.workspace if which.among is None else _u.sku
    cut = [Part(BY_DAY, *days)] if grain == BY_DAY else parts(*days)
    made = [
        select(
            (_u.starts if part.grain == grain else literal(month_of_day(part.first))).label("at"),
            column.label("what"),
            func.sum(_u.micros).label("micros"),
        )
        .where(*_of(account, part, which))
        .group_by(*([_u.starts] if part.grain == grain else []), column)
        for part in cut
    ]
    rows = connection.execute(_most(union_all(*made).cte("cell"), most))
    return [Bar(at, what, int(micros)) for at, what, micros in rows]


class Row(NamedTuple):
    """Usage of one SKU in one workspace."""

    workspace: WorkspaceNumber
    sku: str
    requests: int
    micros: Micros


class Rows(NamedTuple):
    """Some of the rows, the dearest first, and what all of them come to."""

    shown: list[Row]
    found: int
    requests: int
    micros: Micros


def rows(
    connection: Connection,
    account: AccountId,
    days: tuple[int, int],
    which: Which,
    skip: int,
    limit: int,
) -> Rows:
    """Usage by workspace and SKU, a page of it: the database adds up, sorts and cuts."""
    each = union_all(
        *(
            select(_u.workspace, _u.sku, _u["count"].label("requests"), _u.micros).where(
                *_of(account, part, which)
            )
            for part in parts(*days)
        )
    ).cte("each")
    e = each.c
    sums = (
        select(
            e.workspace,
            e.sku,
            func.sum(e.requests).label("requests"),
            func.sum(e.micros).label("micros"),
        )
        .group_by(e.workspace, e.sku)
        .having(or_(func.sum(e.requests) != 0, func.sum(e.micros) != 0))
        .cte("sums")
    )
    s = sums.c
    query = (
        select(
            s.workspace,
            s.sku,
            s.requests,
            s.micros,
            func.count().over(),
            func.sum(s.requests).over(),
            func.sum(s.micros).over(),
        )
        .order_by(s.micros.desc(), s.workspace, s.sku)
        .offset(skip)
        .limit(limit)
    )
    found = connection.execute(query).all()
    shown = [Row(one[0], one[1], int(one[2]), int(one[3])) for one in found]
    return Rows(shown, *map(int, found[0][4:])) if found else Rows([], 0, 0, 0)


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


def _of(account: AccountId, part: Part, which: Which) -> list[ColumnElement[bool]]:
    wanted = [
        _u.account_id == account,
        _u.grain == part.grain,
        _u.starts >= part.first,
        _u.starts < part.end,
    ]
    if which.among is not None:
        wanted.append(_u.workspace.in_(which.among))
    if which.sku is not None:
        wanted.append(_u.sku == which.sku)
    return wanted


def _most(cell: CTE, most: int) -> Select[Any]:
    """Time, what and sum; `what` is null for all but the `most` that come to most."""
    top = (
        select(cell.c.what)
        .group_by(cell.c.what)
        .order_by(func.sum(cell.c.micros).desc(), cell.c.what)
        .limit(most)
        .cte("top")
    )
    return (
        select(cell.c.at, top.c.what, func.sum(cell.c.micros))
        .join_from(cell, top, cell.c.what == top.c.what, isouter=True)
        .group_by(cell.c.at, top.c.what)
    )


class Spent(NamedTuple):
    """What a workspace used."""

    requests: int
    micros: Micros


def by_workspace(
    connection: Connection, account: AccountId, first_day: int, end_day: int
) -> dict[WorkspaceNumber, Spent]:
    """What each workspace used on the UTC days `[first_day, end_day)`; whole months as such."""
    found: dict[WorkspaceNumber, Spent] = {}
    for part in parts(first_day, end_day):
        query = (
            select(_u.workspace, func.sum(_u["count"]), func.sum(_u.micros))
            .where(*_of(account, part, Which()))
            .group_by(_u.workspace)
        )
        for place, count, micros in connection.execute(query):
            before = found.get(place, Spent(0, 0))
            found[place] = Spent(before.requests + int(count), before.micros + int(micros))
    return found
