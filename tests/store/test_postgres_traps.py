"""What went wrong on PostgreSQL once while this shape was measured, each in a test of its own."""

import asyncio
import re

import asyncpg
import pytest
from sqlalchemy import Connection

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Reserve
from prepaid.store.batching.batch import Batch
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.hot import KeyAt
from prepaid.store.postgres import statements as sql
from prepaid.store.postgres.database import PostgresDatabase, PostgresLane
from tests import postgres
from tests.kit.shop import Shop
from tests.store.crowds import crowd
from tests.store.recount import recount

CALLERS = 32
HOT = [
    *(sql.LOCK, sql.MOMENT, sql.GET_KEYS, sql.GET_CHARGES, sql.DUE, sql.NEXT_DUE),
    *(sql.GET_WINDOWS, sql.SUMS, sql.SAVE),
]
# The only table that may be scanned: it has one row, and is asked for without a key.
ONE_ROW = "price_list"
SCAN = re.compile(r"Seq Scan on (\w+)")
INDEXED = re.compile(r"Index (?:Only )?Scan using \w+ on (\w+)")
VALUES = {
    "bigint[]": "'{1}'",
    "integer[]": "'{1}'",
    "text[]": "'{a}'",
    "boolean[]": "'{t}'",
    "bytea[]": r"'{\\x00}'",
    "bigint": "1",
    "integer": "1",
    "bytea": r"'\x00'",
}


@pytest.fixture
async def raw(postgres_shop: Shop) -> asyncpg.Connection:
    """The connection of the batching writer itself."""
    (lane,) = postgres_shop.desk.vault.database.lanes()
    assert isinstance(lane, PostgresLane)
    await (await lane.begin()).rollback()
    assert lane._raw is not None
    return lane._raw


async def load(shop: Shop, rounds: int = 8) -> None:
    """Every kind of command, often enough that PostgreSQL keeps its plans."""
    ada = await shop.account(credits=100_000)
    for n in range(rounds):
        held = await crowd(shop.reserve(ada, key=f"{n}-{m}") for m in range(CALLERS))
        assert len(held.outcomes) == CALLERS
        await crowd(shop.settle(outcome, 1) for outcome in held.outcomes[::2])
        await shop.later(ada, 1_000)
    await recount(shop.desk.vault, ada)


async def plans(raw: asyncpg.Connection) -> list[str]:
    """How the writer's own prepared statements are run on its own connection."""
    found = await raw.fetch(
        "SELECT name, parameter_types::text[] FROM pg_prepared_statements"
        " WHERE statement = ANY($1::text[])",
        HOT,
    )
    made = []
    for name, types in found:
        values = ", ".join(VALUES[kind] for kind in types)
        call = f'"{name}"({values})' if types else f'"{name}"'
        rows = await raw.fetch(f"EXPLAIN EXECUTE {call}")
        made.append("\n".join(row[0] for row in rows))
    return made


async def check_plans(raw: asyncpg.Connection) -> None:
    """Every table is found by an index, on the way in and on the way out."""
    shown = await plans(raw)
    whole = "\n\n".join(shown)

    assert len(shown) == len(HOT)
    assert set(SCAN.findall(whole)) <= {ONE_ROW}, whole
    assert "Bitmap" not in whole
    tables = {"account", "charge", "idempotency_key", "spend", "spend_hour", "spend_window"}
    assert tables <= set(INDEXED.findall(whole)), whole


async def test_a_fresh_database_that_was_never_analysed_uses_its_indexes(
    postgres_shop: Shop, raw: asyncpg.Connection
) -> None:
    """Plans made on empty tables stay: by the time the tables are full they must be right."""
    await load(postgres_shop)

    await check_plans(raw)
    kept = await raw.fetchval("SELECT sum(generic_plans) FROM pg_prepared_statements")
    assert kept > 0


async def test_a_database_that_was_analysed_while_empty_uses_its_indexes(
    postgres_shop: Shop, raw: asyncpg.Connection, migrated_postgres_url: str
) -> None:
    """Then the planner believes that every table has no row."""
    postgres.run(migrated_postgres_url, "ANALYZE")
    await load(postgres_shop)

    await check_plans(raw)


async def test_a_database_analysed_under_load_goes_on_using_its_indexes(
    postgres_shop: Shop, raw: asyncpg.Connection, migrated_postgres_url: str
) -> None:
    """A handful of rows look cheaper to scan."""
    await load(postgres_shop)
    postgres.run(migrated_postgres_url, "ANALYZE")
    await load(postgres_shop)

    await check_plans(raw)


async def test_rows_that_change_on_every_request_are_updated_in_their_page(
    postgres_shop: Shop, raw: asyncpg.Connection
) -> None:
    """HOT: no index of the account or its windows is ever touched again."""
    ada = await postgres_shop.account(credits=100_000)
    for _ in range(150):
        await postgres_shop.reserve(ada, settle=True)
    await raw.execute("SELECT pg_stat_force_next_flush()")
    await raw.execute("SELECT 1")
    rows = await raw.fetch(
        "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
        " WHERE relname IN ('account', 'spend_window', 'spend_hour', 'usage')"
    )

    assert len(rows) == 4
    for name, updated, hot in rows:
        assert updated >= 149, name
        assert hot == updated, name


CHANGING = {
    *("seq", "at", "balance", "chain", "holds_due", "alarm"),
    *("micros", "tail", "head", "period", "limit_state", "count"),
}


async def test_no_index_holds_what_changes_on_every_request(raw: asyncpg.Connection) -> None:
    """An index on one of these columns would end HOT updates."""
    rows = await raw.fetch(
        "SELECT tablename, indexdef FROM pg_indexes"
        " WHERE tablename IN ('account', 'spend_window', 'spend_hour', 'usage')"
    )

    assert {name for name, _ in rows} == {"account", "spend_window", "spend_hour", "usage"}
    for _, definition in rows:
        assert not set(re.findall(r"\w+", definition.partition("(")[2])) & CHANGING


async def test_the_lane_reads_what_was_committed_while_it_waited(
    postgres_shop: Shop, migrated_postgres_url: str
) -> None:
    """Another default of the server's does not change what the lock is good for."""
    name = postgres.name_of(migrated_postgres_url)
    setting = "default_transaction_isolation = 'serializable'"
    postgres.run(migrated_postgres_url, f'ALTER DATABASE "{name}" SET {setting}')
    (lane,) = postgres_shop.desk.vault.database.lanes()
    assert isinstance(lane, PostgresLane)
    await lane.drop()
    transaction = await lane.begin()
    assert lane._raw is not None
    level = await lane._raw.fetchval("SHOW transaction_isolation")
    await transaction.rollback()

    assert level == "read committed"


async def test_what_is_read_after_waiting_for_the_lock_is_what_was_committed_meanwhile(
    postgres_shop: Shop, migrated_postgres_url: str
) -> None:
    """FOR UPDATE re-reads the locked row only: whatever hangs on it is read by later statements."""
    ada = await postgres_shop.account(credits=10)
    first = PostgresDatabase(migrated_postgres_url, lanes=2)
    holds, waits = [await lane.begin() for lane in first.lanes()]
    command = Reserve(account=ada, sku="report", key="k")
    batch = Batch(holds, Directories(), [command])
    (outcome,) = await batch.run(b"b" * 16) or []
    assert isinstance(outcome, Outcome)
    waiting = asyncio.create_task(waits.lock([ada]))
    while not await postgres_shop.desk.vault.read(is_anybody_waiting):
        assert not waiting.done()
    await holds.commit()
    row = (await waiting)[ada]
    place = KeyAt(ada, "charge", "k")

    assert (row.seq, row.balance) == (outcome.seq, outcome.balance)
    assert (await waits.keys([place]))[place].seq == outcome.seq
    assert await waits.charges([(ada, outcome.seq)]) == [outcome.charge]
    assert [window.sum for window in await waits.windows([(ada, 0)])] == [2 * CREDIT]
    assert await waits.has_batch(ada, b"b" * 16)
    await waits.rollback()
    await first.close()


def is_anybody_waiting(connection: Connection) -> bool:
    """For a row that another transaction has locked."""
    query = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity USING (pid)"
    where = "WHERE NOT granted AND datname = current_database()"
    return bool(connection.exec_driver_sql(f"{query} {where}").scalar_one())


async def test_a_migration_under_load_does_not_fail_a_request(
    postgres_shop: Shop, migrated_postgres_url: str
) -> None:
    """Prepared statements whose columns have changed meanwhile are prepared again."""
    ada = await postgres_shop.account(credits=10)
    await postgres_shop.reserve(ada, key="k")
    postgres.run(
        migrated_postgres_url,
        "ALTER TABLE charge ALTER quantity TYPE bigint",
        "ALTER TABLE spend_window ALTER scope TYPE bigint",
    )
    again = await postgres_shop.reserve(ada, key="k")
    await postgres_shop.reserve(ada)

    assert again.replayed
    assert (await recount(postgres_shop.desk.vault, ada)).balance == 6 * CREDIT


async def test_the_ledger_is_append_only(postgres_shop: Shop, migrated_postgres_url: str) -> None:
    """The database itself refuses, whoever asks."""
    ada = await postgres_shop.account(credits=10)
    copy = "INSERT INTO ledger_entry SELECT * FROM ledger_entry"
    for statement in (
        "UPDATE ledger_entry SET amount = 1",
        "UPDATE ledger_entry SET note = 'x' WHERE account_id = 0",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        f"{copy} ON CONFLICT (account_id, seq) DO UPDATE SET amount = 1",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            postgres.run(migrated_postgres_url, statement)

    assert (await recount(postgres_shop.desk.vault, ada)).balance == 10 * CREDIT
