"""Reading a whole database beside whoever writes it: no lock, no time limit, nothing written.

A SQLite file is opened read-only, so a running server is not disturbed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import asyncpg
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from prepaid.store import migrate, sqlite
from prepaid.store.hot import Unavailable
from prepaid.store.locations import sqlite_path
from prepaid.store.postgres import driver_url

T = TypeVar("T")

CONNECT_S = 10
ROWS_AT_ONCE = 2_000
CACHE_KIB = 16_384


class Snapshots(Protocol):
    """A database of which one snapshot after the other is read."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot, rows streamed.

        Raises:
            Unavailable: the database cannot be reached, read, or is none.
        """


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


class _PostgresSnapshots:
    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            driver_url(url),
            poolclass=NullPool,
            connect_args={
                "timeout": CONNECT_S,
                "server_settings": {"application_name": "prepaid doctor", "timezone": "UTC"},
            },
        )

    async def read(self, function: Callable[[Connection], T]) -> T:
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ",
                    postgresql_readonly=True,
                    yield_per=ROWS_AT_ONCE,
                )
                async with connection.begin():
                    return await connection.run_sync(function)
        except DBAPIError as error:
            raise Unavailable(str(error.orig)) from error
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        await self._engine.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Snapshots]:
    """The database a URL names, for reading.

    Raises:
        ValueError: the URL is neither SQLite's nor PostgreSQL's.
    """
    path = sqlite_path(url)
    database = _PostgresSnapshots(url) if path is None else _SqliteSnapshots(path)
    try:
        yield database
    finally:
        await database.close()


def revision(connection: Connection) -> str | None:
    """The revision of the database's tables; None when it has none of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision that this version of the code works with."""
    return ScriptDirectory.from_config(migrate.config()).get_current_head()
