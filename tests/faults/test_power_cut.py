"""The power is cut at any write: every answer that was given stays true, and none is half true.

The service lives a story on a real file, and every statement it runs is noted. The same statements
are run again on a disk in memory that notes each write and sync; then the disk is looked at as a
power cut at each of these moments could have left it, opened as the service opens it.
"""

import asyncio
import hashlib
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest
from pysqlite3 import dbapi2

from prepaid.store import tables as t
from prepaid.store.sqlite import database as sqlite
from prepaid.store.sqlite.database import SqliteDatabase
from tests.faults.cut_disk import Disk, Event, after_cut
from tests.kit.history import History
from tests.kit.shop import opened

NAME = "prepaid.db"
READS = re.compile(r"\s*(SELECT|--)", re.IGNORECASE)
CHECKPOINT_ROWS = 60  # often enough to meet a log that begins again
SAMPLES = 600  # cuts that are tried
names = itertools.count()

TABLES = [table.name for table in t.metadata.sorted_tables]


@dataclass(frozen=True)
class Story:
    """What the service has run, and the file it began with."""

    file: bytes
    statements: list[str]


@pytest.fixture(scope="module")
def story(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Charges alone and in crowds, settled and given back, over weeks, with keys and imports."""
    path = tmp_path_factory.mktemp("cut") / NAME
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"

    async def begin() -> int:
        async with opened(url) as shop:
            account = await shop.account(credits=10_000)
            await History(shop, account, seed=1).live(0)
            return account

    async def live(account: int) -> list[str]:
        async with opened(url) as shop:
            database = shop.desk.vault.database
            assert isinstance(database, SqliteDatabase)
            told: list[str] = []
            database._raw.set_trace_callback(told.append)
            history = History(shop, account, seed=2)
            await history.go_on(45)
            for n in range(3):
                crowd = (shop.reserve(account, key=f"{n}-{m}", settle=True) for m in range(12))
                await asyncio.gather(*crowd)
            database._raw.set_trace_callback(None)
            return [one for one in told if not READS.match(one)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "CHECKPOINT_ROWS", CHECKPOINT_ROWS)
        account = asyncio.run(begin())
        file = path.read_bytes()
        statements = asyncio.run(live(account))
    assert any("wal_checkpoint" in one for one in statements)
    assert sum(one == "COMMIT" for one in statements) > 20
    return Story(file, statements)


@contextmanager
def running(disk: Disk, *, synchronous: str) -> Iterator[apsw.Connection]:
    """The database of a disk, with the settings of the service."""
    connection = apsw.Connection(f"/{NAME}", vfs=disk.name)
    try:
        # A disk of ours has no memory to share; nobody else opens it.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA temp_store = MEMORY")
        for pragma in sqlite.WRITING:
            changed = re.sub("synchronous = .*", f"synchronous = {synchronous}", pragma)
            connection.execute(f"PRAGMA {changed}").fetchall()
        yield connection
    finally:
        connection.close()
        disk.unregister()


def digest(connection: Any) -> str:
    """Everything that the tables say."""
    found = hashlib.sha256()
    for table in TABLES:
        rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
        found.update(repr((table, sorted(map(repr, map(tuple, rows))))).encode())
    return found.hexdigest()


def record(story: Story, synchronous: str) -> tuple[list[Event], list[str]]:
    """What happens to the disk, and what the tables say after each COMMIT."""
    disk = Disk(f"cut{next(names)}", {NAME: story.file})
    with running(disk, synchronous=synchronous) as connection:
        states = [digest(connection)]
        disk.events.append(Event("sync", NAME))
        for statement in story.statements:
            connection.execute(statement).fetchall()
            if statement == "COMMIT":
                disk.note(Event("commit"))
                states.append(digest(connection))
        return list(disk.events), states


def found_after(files: dict[str, bytes], folder: Path) -> str:
    """What the service finds when it starts again."""
    for path, data in files.items():
        (folder / path).write_bytes(data)
    raw = sqlite.connect(folder / NAME, read_only=False)
    try:
        assert raw.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        return digest(raw)
    finally:
        raw.close()
        for left in folder.iterdir():
            left.unlink()


def lost(story: Story, synchronous: str, folder: Path, samples: int) -> Iterator[str]:
    """Cuts after which an acknowledged commit is missing, or half of one is there."""
    dice = Random(7)
    events, states = record(story, synchronous)
    moments = sorted(dice.sample(range(1, len(events) + 1), min(samples, len(events))))
    for moment in moments:
        told = sum(event.kind == "commit" for event in events[:moment])
        files = after_cut({NAME: story.file}, events[:moment], dice)
        try:
            found = found_after(files, folder)
        except (dbapi2.DatabaseError, AssertionError) as error:
            yield f"cut at {moment}: {error}"
            continue
        if found not in states[told : told + 2]:  # the one in flight may have arrived
            yield f"cut at {moment}: {told} commits were acknowledged"


def test_no_power_cut_takes_back_an_answer(story: Story, tmp_path: Path) -> None:
    assert list(lost(story, "FULL", tmp_path, SAMPLES)) == []


def test_without_full_syncs_the_same_cuts_do(story: Story, tmp_path: Path) -> None:
    """The control: a disk that never lost anything would prove nothing."""
    missing = itertools.islice(lost(story, "NORMAL", tmp_path, SAMPLES), 20)

    assert len(list(missing)) == 20


def test_an_error_at_any_call_of_the_disk_leaves_nothing_half_done(story: Story) -> None:
    """The batch is rolled back and run again; in the end everything is there, once."""
    events, states = record(story, "FULL")
    calls = sum(event.kind != "commit" for event in events)
    assert calls > 100
    for failing in range(8, calls, max(calls // 60, 1)):
        disk = Disk(f"cut{next(names)}", {NAME: story.file}, fails_at=failing)
        with running(disk, synchronous="FULL") as connection:
            failures = _stubborn(connection, story.statements)
            assert digest(connection) == states[-1], failing
            assert failures == 1, failing


def _stubborn(connection: apsw.Connection, statements: list[str]) -> int:
    """Run the statements; a transaction that fails is run again. How many failed."""
    begun = failed = at = 0
    while at < len(statements):
        if statements[at].startswith("BEGIN"):
            begun = at
        try:
            connection.execute(statements[at]).fetchall()
        except apsw.Error:
            failed += 1
            if "checkpoint" in statements[at]:  # its commit stands: the log stays longer
                at += 1
                continue
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            at = begun
        else:
            at += 1
    return failed
