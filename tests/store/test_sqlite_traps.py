"""What went wrong on SQLite once while this shape was measured, each in a test of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from prepaid.domain.amounts import CREDIT
from prepaid.store.batching.hot import Unavailable
from prepaid.store.locations import sqlite_path
from prepaid.store.migrate import differences, upgrade
from prepaid.store.sqlite import database as sqlite
from prepaid.store.sqlite.database import SqliteDatabase
from prepaid.store.sqlite.files import FileInUse
from prepaid.store.vault import open_database
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY, Shop, opened
from tests.store.crowds import crowd
from tests.store.recount import recount

CALLERS = 16
COPY = "INTO ledger_entry SELECT * FROM ledger_entry"


def run(statement: str, connection: Connection) -> None:
    """In the transaction that the connection is in."""
    connection.exec_driver_sql(statement)


def run_alone(statement: str, connection: Connection) -> None:
    """Outside of the transaction that the connection is in."""
    connection.exec_driver_sql("ROLLBACK")
    try:
        connection.exec_driver_sql(statement).all()
    finally:
        connection.exec_driver_sql("BEGIN")


@pytest.fixture
def database(sqlite_shop: Shop) -> SqliteDatabase:
    found = sqlite_shop.desk.vault.database
    assert isinstance(found, SqliteDatabase)
    return found


@pytest.fixture
def said(database: SqliteDatabase) -> Iterator[list[str]]:
    """Every statement of the writing connection, as it is run."""
    statements: list[str] = []
    database._raw.set_trace_callback(statements.append)
    yield statements
    database._raw.set_trace_callback(None)


def test_the_library_is_one_that_does_not_corrupt_its_log() -> None:
    """Before 3.51.3 two connections that write and checkpoint could reset the log wrongly."""
    assert dbapi2.sqlite_version_info >= (3, 51, 3)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: with NORMAL, acknowledged commits are lost in a power cut
        ("fullfsync", 1),
        ("wal_autocheckpoint", 0),  # by us, between batches
        ("recursive_triggers", 1),  # REPLACE asks the ledger's triggers
    ],
)
async def test_the_writing_connection_is_durable(
    database: SqliteDatabase, pragma: str, value: object
) -> None:
    assert database._raw.execute(f"PRAGMA {pragma}").fetchone() == (value,)


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    """So every write and every checkpoint goes over the one connection."""
    for statement in ("UPDATE account SET balance = 1", "PRAGMA user_version = 7"):
        with pytest.raises(Unavailable, match="readonly"):
            await database.read(partial(run, statement))
    for kind in ("PASSIVE", "TRUNCATE"):
        with pytest.raises(Unavailable):
            await database.read(partial(run_alone, f"PRAGMA wal_checkpoint({kind})"))


async def test_everything_written_is_written_by_the_one_connection(
    sqlite_shop: Shop, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rare writes, batches and checkpoints: each change of the file is in what it was told."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_ROWS", 1)
    ada = await sqlite_shop.account(credits=100)
    await crowd(sqlite_shop.reserve(ada) for _ in range(CALLERS))
    begun = [place for place, statement in enumerate(said) if statement.startswith("BEGIN")]

    assert begun
    assert {said[place] for place in begun} == {"BEGIN IMMEDIATE"}
    open_ = False
    for statement in said:
        if statement == "BEGIN IMMEDIATE":
            assert not open_
            open_ = True
        elif statement in ("COMMIT", "ROLLBACK"):
            assert open_
            open_ = False
        else:  # nothing is read before the lock, nothing but a checkpoint stands outside
            assert open_ or statement == "PRAGMA wal_checkpoint(PASSIVE)", statement
    assert "PRAGMA wal_checkpoint(PASSIVE)" in said
    assert said[said.index("PRAGMA wal_checkpoint(PASSIVE)") - 1] == "COMMIT"
    assert sum(statement.startswith("INSERT INTO ledger_entry") for statement in said) == 17


async def test_no_transaction_begins_with_a_read(
    sqlite_shop: Shop, database: SqliteDatabase
) -> None:
    """A lock that is wanted only after reading cannot be waited for: `database is locked`."""
    ada = await sqlite_shop.account(credits=100)
    transaction = await database.begin()
    other = dbapi2.connect(str(database._path), isolation_level=None, timeout=0)
    try:
        with pytest.raises(dbapi2.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    finally:
        await transaction.rollback()
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()

    await sqlite_shop.reserve(ada)


async def test_a_lock_of_somebody_else_holds_up_the_batch_and_not_the_loop(
    sqlite_shop: Shop, database: SqliteDatabase
) -> None:
    """A person with `sqlite3` must not silence the health checks: only writing waits for them."""
    ada = await sqlite_shop.account(credits=100)
    assert database._raw.execute("PRAGMA busy_timeout").fetchone() == (0,)
    other = dbapi2.connect(str(database._path), isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    asking = asyncio.create_task(sqlite_shop.reserve(ada))
    for _ in range(100):  # the loop turns, which it could not while it waited for a lock
        await asyncio.sleep(0)

    assert not asking.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await asking).balance == 98 * CREDIT


async def test_a_batch_that_is_given_up_while_it_waits_for_a_lock_leaves_none(
    sqlite_shop: Shop, database: SqliteDatabase
) -> None:
    """Else the one connection would stay inside a transaction that nobody ends."""
    other = dbapi2.connect(str(database._path), isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    beginning = asyncio.create_task(database.begin())
    for _ in range(100):
        await asyncio.sleep(0)
    beginning.cancel()
    other.execute("ROLLBACK")
    with pytest.raises(asyncio.CancelledError):
        await beginning

    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()
    ada = await sqlite_shop.account(credits=100)
    assert (await sqlite_shop.reserve(ada)).balance == 98 * CREDIT


async def test_a_second_process_is_refused(
    sqlite_shop: Shop, database: SqliteDatabase, migrated_sqlite_url: str
) -> None:
    """And says so, before it has touched anything."""
    done = subprocess.run(  # noqa: ASYNC221 - the shop has nothing to do meanwhile
        [sys.executable, "-m", "prepaid", "serve"],
        env=os.environ
        | {
            "PREPAID_DATABASE_URL": migrated_sqlite_url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
            "PREPAID_PORT": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "is in use by another prepaid process" in done.stderr
    assert "Traceback" not in done.stderr
    for attempt in (open_database, upgrade):
        with pytest.raises(FileInUse):
            attempt(migrated_sqlite_url)
    await sqlite_shop.account()


async def test_the_file_is_free_when_its_process_is_done(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    """And whole: nothing is left in a log beside it."""
    for credits in (10, 20):
        async with opened(migrated_sqlite_url) as shop:
            ada = await shop.account(credits=credits)
            assert await shop.balance(ada) == credits * CREDIT

    left = {path.name for path in tmp_path.iterdir()}  # noqa: ASYNC240 - nothing else runs
    assert left == {"prepaid.db", "prepaid.db.lock"}


@pytest.mark.parametrize("name", ["my #1.db", "100%41.db", "what?.db", "é'\".db"])
def test_any_file_name_names_that_file(tmp_path: Path, name: str) -> None:
    """The driver is handed a URI, in which some characters mean something."""
    url = f"sqlite:///{tmp_path}/{quote(name)}"
    assert sqlite_path(url) == tmp_path / name
    upgrade(url)

    assert {file.name for file in tmp_path.iterdir()} == {name, f"{name}.lock"}
    assert differences(url) is None


async def test_the_ledger_is_append_only(sqlite_shop: Shop, database: SqliteDatabase) -> None:
    """The database itself refuses, whoever asks."""
    ada = await sqlite_shop.account(credits=10)
    for statement in (
        "UPDATE ledger_entry SET amount = 1",
        "DELETE FROM ledger_entry",
        f"INSERT {COPY} WHERE true ON CONFLICT DO UPDATE SET amount = 1",
        f"INSERT OR REPLACE {COPY}",
    ):
        with pytest.raises(IntegrityError, match="append-only"):
            await database.write(partial(run, statement))

    assert (await recount(sqlite_shop.desk.vault, ada)).balance == 10 * CREDIT
