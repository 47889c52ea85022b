"""The ledger without HTTP: 64 clients, batched, against one transaction per request.

    python -m benchmarks.ledger_alone [ROUNDS]

On SQLite and PostgreSQL. One hot account, then 2 000; every charge settled at once with a random
idempotency key. PostgreSQL is written by two lanes, so that this process reckons for one while the
server writes for the other.
"""

import asyncio
import secrets
import statistics
import sys
import time

import uvloop
from sqlalchemy import insert, select

from benchmarks import databases, figures
from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Reserve
from prepaid.store import tables as t
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.writer import Writer
from prepaid.store.vault import Connection, Database, open_database

CLIENTS = 64
MANY = 2_000
LANES = 2  # on PostgreSQL; an account always has the same one
SECONDS = 2.0
RATES = {
    ("sqlite", 1): 10_000,
    ("sqlite", MANY): 0,
    ("postgresql", 1): 6_000,
    ("postgresql", MANY): 5_000,
}
TIMES = {1: 12, MANY: 5}


def seed(connection: Connection) -> None:
    """`MANY` accounts with credit, straight into the tables."""
    if connection.execute(select(t.account.c.id).limit(1)).first():
        return
    for number in range(1, MANY + 1):
        place = {"account_id": number, "number": 1, "version": 1, "legal_name": "Bench"}
        connection.execute(
            insert(t.account).values(
                id=number,
                name="Bench",
                admins="[]",
                currency="EUR",
                sandbox=False,
                created_at=0,
                updated_at=0,
                chain=bytes(32),
                balance=10**9 * CREDIT,
            )
        )
        connection.execute(insert(t.legal_name).values(place))
        connection.execute(
            insert(t.workspace).values(**place, name="default", created_at=0, updated_at=0)
        )


async def rate(
    database: Database, directories: Directories, accounts: int, batch_max: int
) -> tuple[float, float]:
    """Charges per second and microseconds of this process's CPU per charge."""
    writers = [Writer(lane, directories, batch_max) for lane in database.lanes()]
    for writer in writers:
        writer.start()
    stop_at = time.perf_counter() + SECONDS
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < stop_at:
            account = 1 + secrets.randbelow(accounts)
            key = secrets.token_hex(16)
            await writers[account % len(writers)].submit(
                Reserve(account=account, sku="bench", credits=100, settle=True, key=key)
            )
            done += 1

    begun, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    lasted, cpu = time.perf_counter() - begun, time.process_time() - cpu
    for writer in writers:
        await writer.stop()
    return done / lasted, cpu / done * 1e6


async def compare(url: str, rounds: int) -> None:
    database = open_database(url, LANES)
    await database.write(seed)
    known = Directories()  # a process meets an account once
    for name, accounts in (("one hot account", 1), (f"{MANY} accounts", MANY)):
        await rate(database, known, accounts, 256)
        batched, single = [], []
        for _ in range(rounds):
            single.append(await rate(database, known, accounts, 1))
            batched.append(await rate(database, known, accounts, 256))
        times = statistics.median(b[0] / s[0] for b, s in zip(batched, single, strict=True))
        shown = [statistics.median(column) for column in zip(*batched, strict=True)]
        kind = url.partition(":")[0]
        figures.tell(
            f"ledger alone, {kind}, {name}",
            f"{shown[0]:.0f}/s, {shown[1]:.0f} us CPU, {times:.1f} x one by one",
            f">= {RATES[kind, accounts]}/s, >= {TIMES[accounts]} x",
            is_met=shown[0] >= RATES[kind, accounts] and times >= TIMES[accounts],
        )
    await database.close()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for kind in databases.KINDS:
        with databases.database(kind) as url:
            uvloop.run(compare(url, rounds))


if __name__ == "__main__":
    main()
