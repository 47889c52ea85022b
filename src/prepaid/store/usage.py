"""Usage reports: whole days and months from the rollups, what is left from the charges."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant
from prepaid.domain.usage import Part, parts
from prepaid.store import ledger
from prepaid.store import tables as t

Totals = dict[tuple[WorkspaceNumber, str], list[int]]


class Line(NamedTuple):
    """Usage of one SKU in one workspace."""

    workspace: WorkspaceNumber
    sku: str
    requests: int
    micros: Micros


def report(connection: Connection, account: AccountId, start: Instant, end: Instant) -> list[Line]:
    """Usage of the charges reserved in `[start, end)`, per workspace and SKU.

    Whole UTC days are read from rollups; the parts of days at the ends from their charges.
    """
    totals: Totals = {}
    first, last = -(-start // DAY), end // DAY
    if first > last:  # within one day
        _add_charges(connection, account, start, end, totals)
    else:
        _add_charges(connection, account, start, first * DAY, totals)
        for part in parts(first, last):
            _add_rollups(connection, account, part, totals)
        _add_charges(connection, account, last * DAY, end, totals)
    return [Line(*place, *sums) for place, sums in sorted(totals.items()) if any(sums)]


def _add_rollups(connection: Connection, account: AccountId, part: Part, totals: Totals) -> None:
    u = t.usage.c
    query = (
        select(u.workspace, u.sku, func.sum(u["count"]), func.sum(u.micros))
        .where(
            u.account_id == account,
            u.grain == part.grain,
            u.starts >= part.first,
            u.starts < part.end,
        )
        .group_by(u.workspace, u.sku)
    )
    for workspace, sku, count, micros in connection.execute(query):
        _add(totals, workspace, sku, int(count), int(micros))


def _add_charges(
    connection: Connection, account: AccountId, start: Instant, end: Instant, totals: Totals
) -> None:
    if start >= end:
        return
    low, high = ledger.seqs_around(connection, account, start, end)
    c = t.charge.c
    query = (
        select(c.workspace, c.sku, func.count(), func.sum(c.amount))
        .where(
            c.account_id == account,
            c.reserved_at >= start,
            c.reserved_at < end,
            c.status.in_(("held", "settled")),
        )
        .group_by(c.workspace, c.sku)
    )
    for part in (
        query.where(~c.imported, c.seq > low, c.seq < high),
        query.where(c.imported),
    ):
        for workspace, sku, count, micros in connection.execute(part):
            _add(totals, workspace, sku, int(count), int(micros))


def _add(totals: Totals, workspace: WorkspaceNumber, sku: str, count: int, micros: Micros) -> None:
    sums = totals.setdefault((workspace, sku), [0, 0])
    sums[0] += count
    sums[1] += micros
