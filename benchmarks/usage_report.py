"""The usage report over ten million charges, against `GROUP BY` over the charges.

    python -m benchmarks.usage_report [--charges 10000000] [--kinds sqlite postgresql]

One account: 100 workspaces, 20 SKUs, 90 days that begin within a month. Charges and rollups are
made by bulk SQL, as the service would have left them; both ways must give the same lines.
"""

import argparse
import asyncio
import statistics
import sys
import time
from typing import NamedTuple

from sqlalchemy import Connection, insert

from benchmarks import databases, figures
from benchmarks.window_history import desk_of, run
from prepaid.domain.amounts import CENT
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, Instant, month_of_day
from prepaid.flows import accounts, reports
from prepaid.flows.desk import Desk
from prepaid.store import tables as t
from prepaid.store.batching import rows
from prepaid.store.locations import sqlite_path

WORKSPACES = 100
SKUS = 20
DAYS = 90
TIMES_FASTER = 100
P95_MS = 50
ASKED = 200
GROUPED = 3
Lines = set[tuple[int, str, int, int]]


class Period(NamedTuple):
    """Instants; the end is out."""

    start: Instant
    end: Instant


async def build(url: str, charges: int, workspaces: int = WORKSPACES) -> tuple[AccountId, Period]:
    """The account with its charges and rollups."""
    desk = desk_of(url)
    try:
        row = await accounts.create(
            desk, name="Bench", admins=(), currency="EUR", sandbox=False, floor=None
        )
        await desk.vault.write(lambda connection: _add_workspaces(connection, row.id, workspaces))
    finally:
        await desk.vault.stop()
    today = row.created_at // DAY
    period = Period((today - DAYS) * DAY, today * DAY)
    await run(url, _statements(url, row.id, charges, period, workspaces))
    return row.id, period


def _add_workspaces(connection: Connection, account: AccountId, workspaces: int) -> None:
    for number in range(2, workspaces + 1):
        place = {"account_id": account, "number": number, "legal_name": "Bench", "version": 1}
        connection.execute(insert(t.legal_name).values(place))
        connection.execute(
            insert(t.workspace).values(**place, name=f"w{number}", created_at=0, updated_at=0)
        )


def _statements(url: str, account: AccountId, n: int, period: Period, workspaces: int) -> list[str]:
    step = (period.end - period.start) // n
    lite = sqlite_path(url) is not None
    series = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})"
        if lite
        else f"WITH n(i) AS (SELECT generate_series(1::bigint, {n}))"
    )
    at, workspace = f"{period.start} + (i - 1) * {step}", f"i * 7 % {workspaces} + 1"
    sku = f"'sku-' || (i * 13 / {workspaces} % {SKUS})"
    charge = (
        f"{account}, i, {workspace}, 1, {sku}, 1, {CENT}, {CENT}, 0, {at}, NULL, NULL, false,"
        f" 'settled', i, {at}, 0, {CENT}, 1, {CENT}"
    )
    made = [f"INSERT INTO charge ({rows.CHARGE}) {series} SELECT {charge} FROM n"]
    cell = 'account_id, grain, starts, workspace, sku, "count", micros'
    first, end = period.start // DAY, period.end // DAY
    months = sorted({month_of_day(day) for day in range(first, end)})
    cases = " ".join(f"WHEN starts >= {one} THEN {one}" for one in reversed(months))
    day, month, by = f"reserved_at / {DAY}", f"CASE {cases} END", "GROUP BY 1, 3, 4, 5"
    each, summed = (
        "workspace, sku, count(*), sum(amount)",
        'workspace, sku, sum("count"), sum(micros)',
    )
    by_workspace = "starts, workspace, '', sum(\"count\"), sum(micros)"
    # The rows of a day or month come about in it, so they lie together.
    found = (
        f"'d', {day}, {each} FROM charge {by} ORDER BY 3",
        f"'m', {month}, {summed} FROM usage {by} ORDER BY 3",
        f"'w', {by_workspace} FROM usage WHERE grain = 'd' GROUP BY 1, 3, 4 ORDER BY 3",
    )
    return [*made, *(f"INSERT INTO usage ({cell}) SELECT account_id, {one}" for one in found)]


async def report(desk: Desk, account: AccountId, period: Period) -> Lines:
    """By the service."""
    found = await reports.usage_report(desk, account, period.start, period.end)
    return {
        (one.workspace.number, line.sku, line.requests, line.micros)
        for one in found
        if one.workspace is not None
        for line in one.lines
    }


async def grouped(desk: Desk, account: AccountId, period: Period) -> Lines:
    """By the charges."""
    query = (
        "SELECT workspace, sku, count(*), sum(amount) FROM charge"
        f" WHERE account_id = {account} AND reserved_at >= {period.start}"
        f" AND reserved_at < {period.end} GROUP BY workspace, sku"
    )

    def work(connection: Connection) -> Lines:
        return {(w, s, c, int(m)) for w, s, c, m in connection.exec_driver_sql(query)}

    return await desk.vault.read(work)


async def compare(url: str, kind: str, charges: int) -> None:
    """One kind of database."""
    begun = time.perf_counter()
    account, period = await build(url, charges)
    took = time.perf_counter() - begun
    print(f"{kind}: made {charges:,} charges in {took:.0f} s", file=sys.stderr)
    desk = desk_of(url)
    try:
        assert await report(desk, account, period) == await grouped(desk, account, period)
        times: dict[str, list[float]] = {"report": [], "grouped": []}
        for name, ask, often in (("report", report, ASKED), ("grouped", grouped, GROUPED)):
            for _ in range(often):
                begun = time.perf_counter()
                await ask(desk, account, period)
                times[name].append(1e3 * (time.perf_counter() - begun))
    finally:
        await desk.vault.stop()
    p95 = statistics.quantiles(times["report"], n=20)[-1]
    base, ours = statistics.median(times["grouped"]), statistics.median(times["report"])
    found = f"p95 {p95:.1f} ms, GROUP BY {base:.0f} ms: {base / ours:.0f} x"
    figures.tell(
        f"usage report, {charges:,} charges, {kind}",
        found,
        f">= {TIMES_FASTER} x, <= {P95_MS} ms",
        is_met=base / ours >= TIMES_FASTER and p95 <= P95_MS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=10_000_000)
    parser.add_argument("--kinds", nargs="+", choices=databases.KINDS, default=databases.KINDS)
    wanted = parser.parse_args()
    for kind in wanted.kinds:
        with databases.database(kind) as url:
            asyncio.run(compare(url, kind, wanted.charges))


if __name__ == "__main__":
    main()
