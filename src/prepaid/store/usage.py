"""Usage reports: whole days and months from the rollups, what is left from the charges."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, day_of
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import Grain, Part, parts, period_of
from prepaid.store import ledger
from prepaid.store import tables as t

LINES_MAX = 100_000  # of a report by periods; without, a line per workspace and SKU is few

Totals = dict[tuple[int, WorkspaceNumber, str], list[int]]
NO_PERIOD = 0


class TooLong(Exception):
    """The report has more lines than may be read at once."""


class Line(NamedTuple):
    """Usage of one SKU in one workspace, in one period when they are told apart."""

    workspace: WorkspaceNumber
    sku: str
    requests: int
    micros: Micros
    period: int = NO_PERIOD  # day number of its first day


def report(
    connection: Connection,
    account: AccountId,
    start: Instant,
    end: Instant,
    grain: Grain | None = None,
) -> list[Line]:
    """Usage of the charges reserved in `[start, end)`, per workspace and SKU.

    Whole UTC days are read from rollups; the parts of days at the ends from their charges. With
    a grain, each of its periods has lines of its own, the earliest first.

    Raises:
        TooLong: by the periods there are more than `LINES_MAX` lines.
    """
    totals: Totals = {}
    first, last = -(-start // DAY), end // DAY
    if first > last:  # within one day
        _add_charges(connection, account, start, end, totals, grain)
    else:
        _add_charges(connection, account, start, first * DAY, totals, grain)
        for part in [Part(BY_DAY, first, last)] if grain == BY_DAY else parts(first, last):
            _add_rollups(connection, account, part, totals, grain)
        _add_charges(connection, account, last * DAY, end, totals, grain)
    return [
        Line(workspace, sku, sums[0], sums[1], period)
        for (period, workspace, sku), sums in sorted(totals.items())
        if any(sums)
    ]


def _add_rollups(
    connection: Connection, account: AccountId, part: Part, totals: Totals, grain: Grain | None
) -> None:
    u = t.usage.c
    query: Select[Any] = (
        select(u.workspace, u.sku, func.sum(u["count"]), func.sum(u.micros))
        .where(
            u.account_id == account,
            u.grain == part.grain,
            u.starts >= part.first,
            u.starts < part.end,
        )
        .group_by(u.workspace, u.sku)
    )
    if grain == part.grain:
        query = query.add_columns(u.starts).group_by(u.starts).limit(LINES_MAX + 1)
    for row in connection.execute(query):
        workspace, sku, count, micros = row[:4]
        period = period_of(row[4] if grain == part.grain else part.first, grain)
        _add(totals, (period, workspace, sku), int(count), int(micros))
    if len(totals) > LINES_MAX:
        raise TooLong


def _add_charges(
    connection: Connection,
    account: AccountId,
    start: Instant,
    end: Instant,
    totals: Totals,
    grain: Grain | None,
) -> None:
    """Add part of one day."""
    if start >= end:
        return
    period = period_of(day_of(start), grain)
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
        query.where(ledger.IMPORTED),
    ):
        for workspace, sku, count, micros in connection.execute(part):
            _add(totals, (period, workspace, sku), int(count), int(micros))


def _add(
    totals: Totals, place: tuple[int, WorkspaceNumber, str], count: int, micros: Micros
) -> None:
    sums = totals.setdefault(place, [0, 0])
    sums[0] += count
    sums[1] += micros
