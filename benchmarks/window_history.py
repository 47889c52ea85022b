"""Thirty days of one account, made by bulk SQL: every row as the service would have left it.

One exception, which nothing here reads: the entries' hashes are zeros, not a chain.
"""

import asyncio
import secrets
import time
from typing import NamedTuple

import asyncpg
from pysqlite3 import dbapi2
from sqlalchemy import Connection

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT, CREDIT
from prepaid.domain.ids import DEFAULT, AccountId
from prepaid.domain.instants import DAY, HOUR, Instant, month_of_day
from prepaid.domain.windows import GLOBAL, PERIOD_MAX
from prepaid.flows import accounts, prices
from prepaid.flows.desk import Desk
from prepaid.store import alerting
from prepaid.store.batching import rows
from prepaid.store.locations import sqlite_path
from prepaid.store.migrate import upgrade
from prepaid.store.prices import Price
from prepaid.store.vault import Vault, open_database

SKU = "page"
PRICE = CENT
GRANT = 10**9 * CREDIT
MINUTES = PERIOD_MAX // 60_000_000
WINDOW = "account_id, scope, period, micros, tail, head"
FAR = 10**13  # cents; no tier is met, so that every charge costs the same
EVERYTHING_ON = Config(
    low_balance_enabled=True,
    low_balance_tiers=(Tier("warning", 2), Tier("critical", 1), Tier("depleted", 0)),
    global_high_usage_enabled=True,
    global_high_usage_period_minutes=MINUTES,
    global_high_usage_tiers=(Tier("warning", FAR), Tier("critical", 2 * FAR)),
    high_usage_enabled=True,
    high_usage_period_minutes=MINUTES,
    high_usage_tiers=(Tier("warning", FAR), Tier("critical", 2 * FAR)),
    auto_topup_notifications_enabled=True,
)


class History(NamedTuple):
    """An account with so many charges in the last 30 days."""

    url: str
    account: AccountId
    charges: int
    newest: Instant


def desk_of(url: str) -> Desk:
    """A desk on a database, its writers running."""
    vault = Vault(open_database(url))
    vault.start()
    return Desk(vault, lambda: time.time_ns() // 1000, secrets.token_bytes)


async def build(url: str, charges: int) -> History:
    """Migrate the database, and give it one account with `charges` charges, one per batch."""
    await asyncio.to_thread(upgrade, url)
    desk = desk_of(url)
    try:
        row = await accounts.create(
            desk, name="Bench", admins=(), currency="EUR", sandbox=True, floor=None
        )
        await prices.replace_list(desk, [Price(SKU, PRICE)])
        rules = EVERYTHING_ON

        def store(connection: Connection) -> None:
            alerting.store_config(connection, row.id, rules, row.created_at)

        await desk.vault.write(store)
    finally:
        await desk.vault.stop()
    step = PERIOD_MAX // charges
    newest = row.created_at - step
    await run(url, _statements(url, row.id, charges, newest - charges * step, step))
    await run(url, _usage_statements(row.id, await _days(url, row.id)))
    return History(url, row.id, charges, newest)


def _statements(url: str, account: AccountId, n: int, before: Instant, step: int) -> list[str]:
    """Charge `i` of 1 … n has sequence number `i + 1`; number 1 is the grant.

    The account is the only one in its database.
    """
    lite = sqlite_path(url) is not None
    series = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})"
        if lite
        else f"WITH n(i) AS (SELECT generate_series(1::bigint, {n}))"
    )
    zeros = "zeroblob(32)" if lite else "decode(repeat('00', 32), 'hex')"
    at, left = f"{before} + i * {step}", f"{GRANT} - i * {PRICE}"
    newest, spent = before + n * step, n * PRICE
    values = {
        "charge": f"{account}, i + 1, {DEFAULT}, 1, '{SKU}', 1, {PRICE}, {PRICE}, {left}, {at},"
        f" NULL, NULL, false, 'settled', i + 1, {at}, {left}, {PRICE}, 1, {PRICE}",
        "entry": f"{account}, i + 1, {at}, 'hold', -{PRICE}, {left}, i + 1, NULL, {zeros}",
    }
    cell = "account_id, scope, at, micros"
    hours = f"account_id, scope, at / {HOUR}"
    first = f"{account}, 1, {before}, 'grant', {GRANT}, {GRANT}, NULL, 'bench', {zeros}"
    made = [
        f"INSERT INTO charge ({rows.CHARGE}) {series} SELECT {values['charge']} FROM n",
        f"INSERT INTO ledger_entry ({rows.ENTRY}) {series} SELECT {values['entry']} FROM n",
        f"INSERT INTO ledger_entry ({rows.ENTRY}) VALUES ({first})",
    ]
    for scope in (GLOBAL, DEFAULT):
        window = f"{account}, {scope}, {PERIOD_MAX}, {spent}, {before}, {newest}"
        spend = f"{account}, {scope}, {at}, {PRICE}"
        made += [
            f"INSERT INTO spend ({cell}) {series} SELECT {spend} FROM n",
            f"INSERT INTO spend_window ({WINDOW}) VALUES ({window})",
        ]
    balance = GRANT - spent
    made += [
        f"INSERT INTO spend_hour SELECT {hours}, sum(micros) FROM spend GROUP BY {hours}",
        f"UPDATE account SET seq = {n + 1}, at = {newest}, balance = {balance}",
    ]
    return made


async def _days(url: str, account: AccountId) -> list[tuple[int, int]]:
    """Day and number of charges."""
    query = (
        f"SELECT reserved_at / {DAY}, count(*) FROM charge WHERE account_id = {account}"
        f" GROUP BY reserved_at / {DAY}"
    )
    path = sqlite_path(url)
    if path is not None:
        raw = dbapi2.connect(str(path))
        try:
            return [(day, count) for day, count in raw.execute(query)]
        finally:
            raw.close()
    connection = await asyncpg.connect(url)
    try:
        return [(row[0], row[1]) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def _usage_statements(account: AccountId, days: list[tuple[int, int]]) -> list[str]:
    cells: dict[tuple[str, int], int] = {}
    for day, count in days:
        for cell in (("d", day), ("m", month_of_day(day))):
            cells[cell] = cells.get(cell, 0) + count
    return [
        f"INSERT INTO usage VALUES ({account}, '{grain}', {starts}, {DEFAULT}, '{SKU}',"
        f" {count}, {count * PRICE})"
        for (grain, starts), count in cells.items()
    ]


async def run(url: str, statements: list[str]) -> None:
    """Execute statements in bulk; nobody else has the database open."""
    path = sqlite_path(url)
    if path is None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()
        return
    raw = dbapi2.connect(str(path), isolation_level=None)
    try:
        # Nothing of the service runs: a machine that fails now makes it anew.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            raw.execute(f"PRAGMA {pragma}").fetchall()
        for statement in statements:
            raw.execute(statement)
    finally:
        raw.close()
