"""`POST /v2/operator/charges/batch`, 1 000 events a call, against raw inserts of the same rows.

    python -m benchmarks.batch_metering [ROUNDS] [CALLS]

The raw side takes what the service wrote (charges, ledger entries, keys, spend), gives it to
another account, and writes it into the same tables by `executemany`, one durable transaction per
call. Two callers share the service.
"""

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from typing import Any

import asyncpg
import httpx
from pysqlite3 import dbapi2

from benchmarks import databases, figures
from benchmarks.charge_http import OPERATOR, prepare
from prepaid.domain import ids
from prepaid.store.batching import rows
from prepaid.store.locations import sqlite_path

EVENTS = 1_000
PATH = "/v2/operator/charges/batch"
CALLERS = 2
TARGET = 0.5
SECRET = "secret-key-of-the-bench-0123456789abcdef"
TABLES = {
    "charge": rows.CHARGE,
    "ledger_entry": rows.ENTRY,
    "idempotency_key": rows.KEY,
    "spend": "account_id, scope, at, micros",
}
DURABLE = ("journal_mode = WAL", "synchronous = FULL")

Rows = dict[str, list[tuple[Any, ...]]]


async def call_service(url: str, account: str, calls: int) -> float:
    """Charges per second."""
    headers = {"x-operator-key": OPERATOR, "content-type": "application/json"}
    bodies = iter([_body(account) for _ in range(calls)])
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:

        async def caller() -> None:
            for body in bodies:
                answer = await client.post(PATH, content=body)
                assert answer.content.count(b'"status":201') == EVENTS, answer.text[:500]

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return calls * EVENTS / (time.perf_counter() - begun)


def _body(account: str) -> bytes:
    charge = {"accountId": account, "sku": "bench", "credits": 0.01, "settle": True}
    keys = (secrets.token_hex(16) for _ in range(EVENTS))
    return json.dumps({"charges": [charge | {"idempotencyKey": key} for key in keys]}).encode()


def insert(table: str, columns: str, marks: list[str]) -> str:
    """The statement of the raw side."""
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join(marks)})"


def moved(found: Rows, account: int) -> Rows:
    """The same rows of another account."""
    return {table: [(account, *row[1:]) for row in each] for table, each in found.items()}


def part(each: list[tuple[Any, ...]], number: int, parts: int) -> list[tuple[Any, ...]]:
    """One of equal parts."""
    return each[len(each) * number // parts : len(each) * (number + 1) // parts]


async def raw_postgres(url: str, account: int, to: int, calls: int) -> float:
    """Charges per second of plain inserts."""
    connection = await asyncpg.connect(url)
    try:
        found = {
            table: [
                tuple(row)
                for row in await connection.fetch(
                    f"SELECT {columns} FROM {table} WHERE account_id = $1", account
                )
            ]
            for table, columns in TABLES.items()
        }
        made = moved(found, to)
        begun = time.perf_counter()
        for number in range(calls):
            async with connection.transaction():
                for table, columns in TABLES.items():
                    marks = [f"${n}" for n in range(1, columns.count(",") + 2)]
                    statement = insert(table, columns, marks)
                    await connection.executemany(statement, part(made[table], number, calls))
        return len(made["charge"]) / (time.perf_counter() - begun)
    finally:
        await connection.close()


def raw_sqlite(path: str, account: int, to: int, calls: int) -> float:
    """Charges per second of plain inserts."""
    connection = dbapi2.connect(path, isolation_level=None)
    try:
        for pragma in DURABLE:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        found = {
            table: connection.execute(
                f"SELECT {columns} FROM {table} WHERE account_id = ?", (account,)
            ).fetchall()
            for table, columns in TABLES.items()
        }
        made = moved(found, to)
        begun = time.perf_counter()
        for number in range(calls):
            connection.execute("BEGIN IMMEDIATE")
            for table, columns in TABLES.items():
                statement = insert(table, columns, ["?"] * (columns.count(",") + 1))
                connection.executemany(statement, part(made[table], number, calls))
            connection.execute("COMMIT")
        return len(made["charge"]) / (time.perf_counter() - begun)
    finally:
        connection.close()


def serve_and_call(url: str, calls: int) -> tuple[float, int]:
    """Charges per second of the service, and the account that was charged."""
    settings = {
        "PREPAID_DATABASE_URL": url,
        "PREPAID_OPERATOR_KEY": OPERATOR,
        "PREPAID_SECRET_KEY": SECRET,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.served"],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        at = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        asyncio.run(call_service(at, prepare(at), 2))
        account = prepare(at)
        number = ids.parse_account(account)
        assert number is not None, "made by the service"
        return asyncio.run(call_service(at, account, calls)), number
    finally:
        server.terminate()
        server.wait(30)


def compare(kind: str, rounds: int, calls: int) -> None:
    """One kind of database: a new one for each round."""
    ours, raw = [], []
    for _ in range(rounds):
        with databases.database(kind) as url:
            rate, account = serve_and_call(url, calls)
            path, other = sqlite_path(url), account ^ 1
            ours.append(rate)
            if path is None:
                raw.append(asyncio.run(raw_postgres(url, account, other, calls)))
            else:
                raw.append(raw_sqlite(str(path), account, other, calls))
    ratio = statistics.median(a / b for a, b in zip(ours, raw, strict=True))
    found = f"{statistics.median(ours):.0f}/s, raw {statistics.median(raw):.0f}/s: {ratio:.2f} x"
    name = f"batch metering, {EVENTS} events a call, {kind}"
    figures.tell(name, found, f">= {TARGET} of its rows/s", is_met=ratio >= TARGET)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with databases.server():
        for kind in databases.KINDS:
            compare(kind, rounds, calls)


if __name__ == "__main__":
    main()
