"""Reading a whole database beside whoever writes it: no lock, no time limit, nothing written.

A SQLite file is opened read-only, so a running server is not disturbed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from prepaid.store.batching.hot import Unavailable
from prepaid.store.locations import sqlite_path
from prepaid.store.revisions import newest_revision, revision
from prepaid.store.sqlite import database as sqlite

__all__ = ["Snapshots", "newest_revision", "opened", "revision"]

T = TypeVar("T")

ROWS_AT_ONCE = 2_000
CACHE_KIB = 16_384


class Snapshots(Protocol):
    """A database of which one snapshot after the other is read."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot, rows streamed.

        Raises:
            Unavailable: the database cannot be reached, read, or is none.
        """


class _Closable(Snapshots, Protocol):
    async def close(self) -> None: ...


class _SqliteSnapshots:
    def __init__(self, path: Path) -> None:
        self._engine = sqlite.engine(path, read_only=True)

    async def read(self, function: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                # Sorting a large account must not take memory: let it use files.
                connection.exec_driver_sql("PRAGMA temp_store = FILE")
                connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
                connection.exec_driver_sql("BEGIN")
                try:
                    return function(connection.execution_options(yield_per=ROWS_AT_ONCE))
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        except DBAPIError as error:
            raise Unavailable(str(error.orig)) from error

    async def close(self) -> None:
        self._engine.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Snapshots]:
    """The database a URL names, for reading.

    Raises:
        ValueError: the URL is neither SQLite's nor PostgreSQL's.
    """
    database = _database(url)
    try:
        yield database
    finally:
        await database.close()


def _database(url: str) -> _Closable:
    path = sqlite_path(url)
    if path is not None:
        return _SqliteSnapshots(path)
    # Only a server on PostgreSQL has to pay for its driver.
    from prepaid.store.postgres.snapshots import PostgresSnapshots  # noqa: PLC0415

    return PostgresSnapshots(url, ROWS_AT_ONCE)
