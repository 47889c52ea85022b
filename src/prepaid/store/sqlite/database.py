"""SQLite: one file, one process that writes it, durable to the last acknowledged commit."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from prepaid.store.sqlite.errors import PRIMARY, away_is_unavailable
from prepaid.store.sqlite.files import WriteLock, make_private
from prepaid.store.sqlite.hot import SqliteTransaction

T = TypeVar("T")

BUSY_MS = 5_000  # a reader's checkpoint may hold the file for a moment
READERS = 4
READ_CACHE_KIB = 8_192
WRITE_CACHE_KIB = 65_536
CHECKPOINT_ROWS = 64_000  # written since the last one; about 20 000 charges
WRITING = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "fullfsync = ON",
    "wal_autocheckpoint = 0",
    # Else INSERT OR REPLACE would delete a ledger entry without asking its trigger.
    "recursive_triggers = ON",
)

# Any value but int, float and str is first asked for a method `__conform__`, which none has, unless
# its type has an adapter: that was 0.7 µs for each None, bool and bytes, and is 0.1 µs.
for kind, adapter in ((bytes, bytes), (bool, int), (type(None), {}.get)):
    dbapi2.register_adapter(kind, adapter)


def connect(path: Path, *, read_only: bool) -> dbapi2.Connection:
    """A connection with the settings that durability needs.

    `synchronous=FULL`: with NORMAL, acknowledged commits are lost in a power cut.
    """
    if not read_only:
        make_private(path)
    mode = "ro" if read_only else "rwc"
    raw = dbapi2.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    raw.execute("PRAGMA temp_store = MEMORY")
    # Several read: what they do not find here, the system has in memory anyway.
    raw.execute(f"PRAGMA cache_size = -{READ_CACHE_KIB if read_only else WRITE_CACHE_KIB}")
    if not read_only:
        for pragma in WRITING:
            raw.execute(f"PRAGMA {pragma}")
    return raw


def engine(path: Path, *, read_only: bool) -> Engine:
    """An engine that leaves transactions to us: pysqlite's own BEGIN comes too late."""
    return create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect(path, read_only=read_only),
        poolclass=QueuePool if read_only else StaticPool,
        isolation_level="AUTOCOMMIT",
        **({"pool_size": READERS, "max_overflow": 0} if read_only else {}),
    )


class SqliteDatabase:
    """The whole database: one writing connection, used by one transaction at a time."""

    is_shared = False

    def __init__(self, path: Path) -> None:
        self._lock_file = WriteLock(path)
        self._path = path
        self._engine = engine(path, read_only=False)
        self._connection = self._engine.connect()
        raw = self._connection.connection.driver_connection
        assert raw is not None, "a checked-out connection has its driver connection"
        self._raw: dbapi2.Connection = raw
        raw.execute("PRAGMA busy_timeout = 0")  # the loop never waits for a lock
        self._checkpointed = 0
        self._turn = asyncio.Lock()
        self._readers = engine(path, read_only=True)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-read")
        # The loop's own threads may all be waiting for name servers; no commit waits for them.
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on a snapshot of their own, beside the writer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read, function)

    def _read(self, function: Callable[[Connection], T]) -> T:
        with away_is_unavailable(), self._readers.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return function(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run statements in one durable transaction, after the batch in flight."""
        async with self._turn:
            work = asyncio.ensure_future(self._in_thread(lambda: self._write(function)))
            try:
                return await asyncio.shield(work)
            finally:  # a caller that goes away leaves the thread at work on our one connection
                await asyncio.wait([work])

    async def write_brief(self, function: Callable[[Connection], T]) -> T:
        """The same with only COMMIT in the thread.

        Brief statements took three times as long there as in the loop: each lets go of the
        interpreter, and waits for the loop to get it back.
        """
        transaction = await self.begin()
        try:
            result = await transaction.run(function)
        except BaseException:
            await transaction.rollback()
            raise
        work = asyncio.ensure_future(transaction.commit())
        try:
            await asyncio.shield(work)
        finally:  # a caller that goes away leaves the thread at work on our one connection
            await asyncio.wait([work])
        return result

    def _write(self, function: Callable[[Connection], T]) -> T:
        with away_is_unavailable():
            if not self._has_begun():
                self._begin_patiently()
            try:
                result = function(self._connection)
                self._raw.execute("COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise
        return result

    def clock(self, _connection: Connection) -> int:
        """This machine's clock: one process writes, so it is the only one."""
        return time.time_ns() // 1000

    def lanes(self) -> list["SqliteDatabase"]:
        """One lane: this connection."""
        return [self]

    async def begin(self) -> SqliteTransaction:
        """Take the connection and the file's write lock, before anything is read."""
        await self._turn.acquire()
        try:
            with away_is_unavailable():
                await self._begin()
        except BaseException:
            self._turn.release()
            raise
        return SqliteTransaction(
            self._raw,
            self._connection,
            lambda: self._in_thread(self._commit),
            self._turn.release,
        )

    async def _begin(self) -> None:
        """Take the write lock: at once as a rule, else with patience, while the loop goes on."""
        if self._has_begun():
            return
        work = asyncio.ensure_future(self._in_thread(self._begin_patiently))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:  # the thread is still at work on our one connection
            await asyncio.wait([work])
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            raise

    def _has_begun(self) -> bool:
        """Take the write lock if nobody holds it."""
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except dbapi2.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY != dbapi2.SQLITE_BUSY:
                raise
            return False
        return True

    def _begin_patiently(self) -> None:
        """Somebody else holds the lock: a person with `sqlite3`, or a backup."""
        self._raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        finally:
            self._raw.execute("PRAGMA busy_timeout = 0")

    def _in_thread(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """On the one thread that waits for the disk."""
        return asyncio.get_running_loop().run_in_executor(self._writing, work)

    def _commit(self) -> None:
        """COMMIT, and move the log into the file when it has grown: on this connection only."""
        self._raw.execute("COMMIT")
        if self._raw.total_changes - self._checkpointed >= CHECKPOINT_ROWS:
            self._checkpointed = self._raw.total_changes
            # The commit stands, so a full disk here is not its failure: the log stays longer.
            with suppress(dbapi2.OperationalError):
                self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    async def close(self) -> None:
        """Checkpoint, close every connection, let another process in."""
        async with self._turn:
            self._threads.shutdown()
            self._writing.shutdown()
            self._readers.dispose()
            self._connection.close()
            self._engine.dispose()
            self._lock_file.release()
