"""A full or failing disk under SQLite: `Unavailable`, nothing half done, and well again after."""

import asyncio
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Reserve
from prepaid.flows import accounts, prices
from prepaid.store.batching import writer
from prepaid.store.batching.hot import Unavailable
from prepaid.store.sqlite import database as sqlite
from prepaid.store.sqlite.database import SqliteDatabase
from tests.kit.shop import PRICES, Shop
from tests.store.crowds import Crowd, crowd
from tests.store.recount import recount

CALLERS = 16
PAGE = 4096
BULK = '{"note":"' + "n" * 3_000 + '"}'  # most of a page for each charge


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """These are about the one file we write ourselves."""
    return migrated_sqlite_url


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PATIENCE_S", 0.05)


@pytest.fixture
def database(shop: Shop) -> SqliteDatabase:
    found = shop.desk.vault.database
    assert isinstance(found, SqliteDatabase)
    return found


@contextmanager
def pages_at_most(database: SqliteDatabase, more: int) -> Iterator[None]:
    """The file may grow by so many pages, as on a disk that is nearly full."""
    (count,) = database._raw.execute("PRAGMA page_count").fetchone()
    (before,) = database._raw.execute("PRAGMA max_page_count").fetchone()
    database._raw.execute(f"PRAGMA max_page_count = {count + more}").fetchone()
    try:
        yield
    finally:
        database._raw.execute(f"PRAGMA max_page_count = {before}").fetchone()


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process can be written beyond `size` bytes: the write itself fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def log_of(database: SqliteDatabase) -> Path:
    return Path(f"{database._path}-wal")


async def ask(shop: Shop, ada: int, keys: str) -> Crowd:
    return await crowd(
        shop.do(Reserve(account=ada, sku="report", key=f"{keys}{n}", metadata=BULK))
        for n in range(CALLERS)
    )


async def check_failed_then_well(shop: Shop, ada: int, failed: Crowd, keys: str) -> None:
    """The batch failed as a whole and left nothing; the same requests pass now."""
    assert not failed.outcomes
    assert not failed.refused
    assert {type(error) for error in failed.failed} == {Unavailable}
    before = await recount(shop.desk.vault, ada)
    again = await ask(shop, ada, keys)

    assert len(again.outcomes) == CALLERS
    assert not any(outcome.replayed for outcome in again.outcomes)
    after = await recount(shop.desk.vault, ada)
    assert len(after.charges) == len(before.charges) + CALLERS
    assert after.balance == before.balance - CALLERS * 2 * CREDIT


async def test_a_full_disk_at_any_page_leaves_nothing_half_done(
    shop: Shop, database: SqliteDatabase
) -> None:
    """The k-th new page is refused, in the middle of a batch's inserts."""
    ada = await shop.account(credits=10_000)
    for more in range(8):
        with pages_at_most(database, more):
            failed = await ask(shop, ada, f"{more}-")
        await check_failed_then_well(shop, ada, failed, f"{more}-")


async def test_a_failing_write_of_the_log_leaves_nothing_half_done(
    shop: Shop, database: SqliteDatabase
) -> None:
    """The k-th write of COMMIT fails with an I/O error."""
    ada = await shop.account(credits=10_000)
    for more in range(10):
        with files_at_most(log_of(database).stat().st_size + more * PAGE // 2):
            failed = await ask(shop, ada, f"{more}-")
        await check_failed_then_well(shop, ada, failed, f"{more}-")


async def test_a_checkpoint_that_fails_does_not_undo_its_commit(
    shop: Shop, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMMIT has made it durable: to run the batch again would charge everybody twice."""
    ada = await shop.account(credits=10_000)
    for n in range(4):
        await ask(shop, ada, f"{n}-")
    database._raw.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    monkeypatch.setattr(sqlite, "CHECKPOINT_ROWS", 1)
    with files_at_most(database._path.stat().st_size):
        told = await ask(shop, ada, "full-")
        with pytest.raises(dbapi2.OperationalError):
            database._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    assert len(told.outcomes) == CALLERS
    kept = await recount(shop.desk.vault, ada)
    assert len(kept.charges) == 5 * CALLERS
    assert len((await ask(shop, ada, "after-")).outcomes) == CALLERS
    (row,) = database._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    assert row[1] == row[2]


async def test_rare_writes_on_a_full_disk_are_unavailable_too(
    shop: Shop, database: SqliteDatabase
) -> None:
    """What does not go through the batching writer ends in the same answer."""
    name = "n" * 100_000
    with pages_at_most(database, 1), pytest.raises(Unavailable):
        await accounts.create(
            shop.desk, name=name, admins=(), currency="EUR", sandbox=False, floor=None
        )

    assert await accounts.page(shop.desk, 0, 10, None) == []
    await shop.account()


async def test_no_commit_waits_for_the_threads_of_others(shop: Shop) -> None:
    """The loop's own threads may be stuck in name servers that do not answer."""
    ada = await shop.account(credits=10)
    finish = threading.Event()
    stuck = [asyncio.create_task(asyncio.to_thread(finish.wait, 30)) for _ in range(64)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(20):
            assert (await shop.reserve(ada)).balance == 8 * CREDIT
        assert not any(task.done() for task in stuck)
    finally:
        finish.set()
        await asyncio.gather(*stuck)


async def test_a_caller_that_goes_away_does_not_leave_its_transaction_open(
    shop: Shop, database: SqliteDatabase
) -> None:
    """The connection is handed on only when the thread is done with it."""
    ada = await shop.account(credits=10)
    begun, finish = threading.Event(), threading.Event()

    def work(_connection: object) -> None:
        begun.set()
        finish.wait(30)

    gone = asyncio.create_task(database.write(work))
    assert await asyncio.to_thread(begun.wait, 30)
    gone.cancel()
    asking = asyncio.create_task(shop.reserve(ada))
    for _ in range(20):  # turns of the loop: enough for the writer to take the command
        await asyncio.sleep(0)
    assert not asking.done()
    finish.set()

    assert (await asking).balance == 8 * CREDIT
    with pytest.raises(asyncio.CancelledError):
        await gone
    await prices.replace_list(shop.desk, PRICES)
