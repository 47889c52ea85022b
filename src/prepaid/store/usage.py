"""Usage reports: whole days and months from the rollups, what is left from the charges."""

from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, day_from, day_of
from prepaid.domain.usage import Days, Grain, parts, period_of
from prepaid.store import ledger
from prepaid.store import tables as t
from prepaid.store.rollups import NO_PERIOD, each, summed

LINES_MAX = 100_000  # of a report by periods; without, a line per workspace and SKU is few

Totals = dict[tuple[int, WorkspaceNumber, str], list[int]]


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
    today: int,
    grain: Grain | None = None,
) -> list[Line]:
    """Usage of the charges reserved in `[start, end)`, per workspace and SKU.

    Whole UTC days are read from rollups; the parts of days at the ends from their charges. With
    a grain, each of its periods has lines of its own, the earliest first. `today` is the
    account's UTC day: what is read depends on it, what is found does not.

    Raises:
        TooLong: by the periods there are more than `LINES_MAX` lines.
    """
    first, last = day_from(start), day_of(end)
    if first > last:  # within one day
        totals: Totals = {}
        _add_charges(connection, account, start, end, totals, grain)
    else:
        totals = _of_days(connection, account, Days(first, last, today), grain)
        _add_charges(connection, account, start, first * DAY, totals, grain)
        _add_charges(connection, account, last * DAY, end, totals, grain)
    return [
        Line(workspace, sku, sums[0], sums[1], period)
        for (period, workspace, sku), sums in sorted(totals.items())
        if any(sums)
    ]


def _of_days(connection: Connection, account: AccountId, days: Days, grain: Grain | None) -> Totals:
    if days.first == days.end:
        return {}
    used = each(account, parts(days, grain), grain=grain).c
    place = (used.period, used.workspace, used.sku)
    requests, amount = summed(used.requests), summed(used.micros)
    query = select(*place, requests, amount).group_by(*place)
    query = query.having(or_(requests != 0, amount != 0)).limit(LINES_MAX + 1)
    rows = connection.execute(query).all()
    if len(rows) > LINES_MAX:
        raise TooLong
    return {(period, place, sku): [count, micros] for period, place, sku, count, micros in rows}


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
        select(c.workspace, c.sku, func.count(), summed(c.amount))
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
            sums = totals.setdefault((period, workspace, sku), [0, 0])
            sums[0] += count
            sums[1] += micros
