"""How fast the charges of an account stream as CSV, and what memory the service takes for it.

    python -m benchmarks.export [--charges 10000000] [--kinds sqlite postgresql]

makes an account with so many charges, starts `prepaid serve` on it, and reads the whole list over
HTTP while it looks at the resident memory of the process. A list of one tenth is read before, so
that growth with the length would show. The baseline, on SQLite, is a loop over eight of the
columns with nothing but the driver and the csv module.
"""

import argparse
import asyncio
import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
from pysqlite3 import dbapi2

from benchmarks import databases, figures, window_history
from benchmarks.window_history import History
from prepaid.domain import ids
from prepaid.domain.instants import iso_micros
from prepaid.store.locations import sqlite_path

KEY = "the-operator-key-of-the-benchmark"
LOOK_EVERY_S = 0.1
GROWTH_MIB_MAX = 32.0  # for ten times the list: what the caches of four readers hold


class Read(NamedTuple):
    """One list that was read to its end."""

    rows: int
    bytes: int
    seconds: float
    before_mib: float
    peak_mib: float

    def told(self, name: str) -> str:
        """One line for a person."""
        return (
            f"{name:<10} {self.rows:>12,} charges {self.rows / self.seconds:>10,.0f}/s"
            f" {self.bytes / self.seconds / 2**20:>7.1f} MiB/s"
            f"   memory {self.before_mib:.0f} -> {self.peak_mib:.0f} MiB"
        )


@contextmanager
def service(url: str) -> Iterator[tuple[str, int]]:
    """`prepaid serve` on a free port: where it listens, and its process id."""
    settings = {"PREPAID_DATABASE_URL": url, "PREPAID_OPERATOR_KEY": KEY, "PREPAID_PORT": "0"}
    settings["PREPAID_SECRET_KEY"] = KEY
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "serve"],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None, "it is a pipe"
        listens = next(line for line in process.stdout if line.startswith("Listening on "))
        yield listens.removeprefix("Listening on ").strip(), process.pid
    finally:
        process.terminate()
        process.wait(30)


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (kib,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kib) / 1024


async def read(where: str, pid: int, account: int, since: str) -> Read:
    """Read a list to its end, and watch the service meanwhile."""
    before = peak = resident_mib(pid)
    rows = size = 0
    looked = begun = time.perf_counter()
    headers = {"x-operator-key": KEY, "accept": "text/csv"}
    url = f"{where}/v2/operator/accounts/{ids.account(account)}/charges"
    forever = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(timeout=forever) as client,
        client.get(url, headers=headers, params={"startDate": since}) as answer,
    ):
        answer.raise_for_status()
        async for piece in answer.content.iter_any():
            rows += piece.count(b"\r\n")
            size += len(piece)
            if (now := time.perf_counter()) - looked > LOOK_EVERY_S:
                looked, peak = now, max(peak, resident_mib(pid))
    return Read(rows - 1, size, time.perf_counter() - begun, before, peak)


def baseline(url: str) -> Read | None:
    """The same columns by the driver alone, written by the csv module to nowhere."""
    path = sqlite_path(url)
    if path is None:
        return None
    raw = dbapi2.connect(str(path))
    query = "SELECT seq, reserved_at, workspace, sku, quantity, status, amount, held FROM charge"
    begun, rows, size = time.perf_counter(), 0, 0
    cursor = raw.execute(query + " ORDER BY account_id DESC, seq DESC")
    while part := cursor.fetchmany(1_000):
        out = io.StringIO()
        csv.writer(out).writerows(part)
        rows, size = rows + len(part), size + len(out.getvalue().encode())
    raw.close()
    mib = resident_mib(os.getpid())
    return Read(rows, size, time.perf_counter() - begun, mib, mib)


async def measure(url: str, kind: str, charges: int) -> None:
    """Build, read, tell."""
    begun = time.perf_counter()
    history: History = await window_history.build(url, charges)
    print(f"{charges:,} charges made in {time.perf_counter() - begun:.0f} s", flush=True)
    if (alone := await asyncio.to_thread(baseline, url)) is not None:
        print(alone.told("baseline"), flush=True)
    step = 30 * 86_400_000_000 // charges
    tenth = iso_micros(history.newest - (charges // 10 - 1) * step)
    with service(url) as (where, pid):
        await read(where, pid, history.account, iso_micros(history.newest))  # warm
        part = await read(where, pid, history.account, tenth)
        print(part.told("a tenth"), flush=True)
        whole = await read(where, pid, history.account, "1970-01-01")
        print(whole.told("all"), flush=True)
    growth = whole.peak_mib - part.peak_mib
    found = f"{whole.rows / whole.seconds:,.0f}/s"
    if alone is not None:
        ratio = whole.rows / whole.seconds / (alone.rows / alone.seconds)
        found += f", {ratio:.2f} of the driver alone"
    figures.tell(
        f"export of {charges:,} charges, {kind}",
        f"{found}, +{growth:.0f} MiB",
        f"<= {GROWTH_MIB_MAX:.0f} MiB more for 10 x",
        is_met=growth <= GROWTH_MIB_MAX and whole.rows == charges,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--charges", type=int, default=10_000_000)
    parser.add_argument("--kinds", nargs="+", choices=databases.KINDS, default=databases.KINDS)
    wanted = parser.parse_args()
    for kind in wanted.kinds:
        with databases.empty(kind) as url:
            asyncio.run(measure(url, kind, wanted.charges))


if __name__ == "__main__":
    main()
