"""What a charge costs when its windows hold ten thousand charges, and when they hold ten million.

    python -m benchmarks.window_cost [--few 10000] [--many 10000000] [--rounds 7]

makes one account with few and one with many charges in the last 30 days, each in a database of
its own (SQLite files in a temporary folder; PostgreSQL too if PREPAID_BENCH_DATABASE_URL names a
server), and charges them in alternating rounds with every notification on and windows of 30 days.
Then it measures, without committing, the first charge after a long silence.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from benchmarks import figures, window_history
from benchmarks.window_history import SKU, History
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Reserve
from prepaid.domain.instants import DAY, HOUR, MINUTE, Span
from prepaid.flows.desk import Desk
from prepaid.store.batching.batch import Batch
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.hot import Clock, HotTransaction

SERVER = "PREPAID_BENCH_DATABASE_URL"
CLIENTS = (64, 1)
RATIO_MAX = 1.1
SILENCES: dict[str, Span] = {
    "none": 0,
    "119 minutes": 2 * HOUR - MINUTE,  # nearly the most that is read row by row
    "29 of 30 days": 29 * DAY,
    "31 days": 31 * DAY,
}
REPEATS = 9


class Round(NamedTuple):
    """One round of charges. Microseconds."""

    cpu: float  # per charge
    median: float  # wall time a client waited
    p99: float


class Side:
    """One database with its account, open."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.desk: Desk = window_history.desk_of(history.url)
        self.rounds: dict[int, list[Round]] = {clients: [] for clients in CLIENTS}

    def command(self) -> Reserve:
        key = secrets.token_hex(16)
        return Reserve(account=self.history.account, sku=SKU, settle=True, key=key)

    async def round(self, clients: int, charges: int) -> Round:
        """`charges` charges by so many clients, each asking again when it is answered."""
        waits: list[float] = []

        async def client() -> None:
            for _ in range(charges // clients):
                began = time.perf_counter()
                await self.desk.vault.submit(self.command())
                waits.append(time.perf_counter() - began)

        cpu = time.process_time()
        await asyncio.gather(*(client() for _ in range(clients)))
        used = time.process_time() - cpu
        waits.sort()
        p99 = waits[int(len(waits) * 0.99)]
        return Round(1e6 * used / len(waits), 1e6 * statistics.median(waits), 1e6 * p99)

    async def after(self, silence: Span) -> list[float]:
        """Milliseconds of a charge that comes so long after the last one; rolled back each time."""
        (lane,) = self.desk.vault.database.lanes()
        found = []
        for _ in range(REPEATS):
            transaction = await lane.begin()
            transaction.clock = later(transaction, silence)  # type: ignore[method-assign]
            began = time.perf_counter()
            results = await Batch(transaction, Directories(), [self.command()]).run(b"x")
            found.append(1e3 * (time.perf_counter() - began))
            assert results is not None
            assert isinstance(results[0], Outcome), results[0]
            await transaction.rollback()
        return found


def later(transaction: HotTransaction, by: Span) -> Callable[[], Coroutine[Any, Any, Clock]]:
    """The transaction's clock, moved on."""
    ask = transaction.clock

    async def clock() -> Clock:
        told = await ask()
        return told._replace(now=told.now + by)

    return clock


@asynccontextmanager
async def database(server: str | None, folder: Path, name: str) -> AsyncIterator[str]:
    """URL of a new database, gone afterwards."""
    if server is None:
        path = folder / f"{name}.db"
        yield f"sqlite:///{path}"
        return
    unique = f"prepaid_bench_{name}_{uuid.uuid4().hex[:8]}"
    parts = urlsplit(server)
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {unique}")
        try:
            yield urlunsplit(parts._replace(path=f"/{unique}"))
        finally:
            await connection.execute(f"DROP DATABASE {unique} WITH (FORCE)")
    finally:
        await connection.close()


async def compare(server: str | None, few: int, many: int, rounds: int) -> None:
    """Build, measure, print; one kind of database."""
    kind = "SQLite" if server is None else "PostgreSQL"
    with tempfile.TemporaryDirectory(prefix="prepaid-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        async with database(server, folder, "few") as a, database(server, folder, "many") as b:
            histories = []
            for url, charges in ((a, few), (b, many)):
                began = time.perf_counter()
                histories.append(await window_history.build(url, charges))
                took = time.perf_counter() - began
                print(f"{kind}: made {charges:,} charges in {took:.0f} s", file=sys.stderr)
            sides = [Side(history) for history in histories]
            try:
                await measure(sides, rounds)
                report(kind, sides)
                await report_silences(kind, sides)
            finally:
                for side in sides:
                    await side.desk.vault.stop()


async def measure(sides: list[Side], rounds: int) -> None:
    """Alternate, and begin with the other side each time; the first round warms up."""
    for number in range(-1, rounds):
        for clients in CLIENTS:
            for side in sides if number % 2 else sides[::-1]:
                found = await side.round(clients, 6_400 if clients > 1 else 1_500)
                if number >= 0:
                    side.rounds[clients].append(found)


def report(kind: str, sides: list[Side]) -> None:
    """Medians over the rounds, and the median of the ratios of each round's two sides."""
    few, many = sides
    print(f"\n{kind}: a charge with all notifications on, windows of 30 days")
    heads = f"{few.history.charges:,}", f"{many.history.charges:,}"
    print(f"{'':32}{heads[0]:>14}{heads[1]:>14}{'ratio':>8}")
    for clients in CLIENTS:
        for field, label in (("cpu", "CPU"), ("median", "wait, median"), ("p99", "wait, p99")):
            pairs = [
                (getattr(one, field), getattr(other, field))
                for one, other in zip(few.rounds[clients], many.rounds[clients], strict=True)
            ]
            left, right = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(other / one for one, other in pairs)
            if clients > 1 and field != "median":
                figures.tell(
                    f"{label} of a charge, {heads[1]} in the window, {kind}",
                    f"{right:.0f} us, {left:.0f} with {heads[0]}: {ratio:.2f} x",
                    f"<= {RATIO_MAX} x",
                    is_met=ratio <= RATIO_MAX,
                )
            line = f"{clients} client{'s' * (clients > 1)}: {label}, µs"
            print(f"{line:32}{left:14,.0f}{right:14,.0f}{ratio:8.2f}")


async def report_silences(kind: str, sides: list[Side]) -> None:
    """The worst and the median of several tries."""
    print(f"\n{kind}: the first charge after a silence, without COMMIT; ms, worst (median)")
    for label, silence in SILENCES.items():
        cells = []
        for side in sides:
            found = await side.after(silence)
            cells.append(f"{max(found):.1f} ({statistics.median(found):.1f})")
        print(f"{label:32}{cells[0]:>14}{cells[1]:>14}")


async def run(few: int, many: int, rounds: int) -> None:
    """SQLite, then PostgreSQL if there is one."""
    await compare(None, few, many, rounds)
    if server := os.environ.get(SERVER):
        await compare(server, few, many, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    asyncio.run(run(wanted.few, wanted.many, wanted.rounds))


if __name__ == "__main__":
    main()
