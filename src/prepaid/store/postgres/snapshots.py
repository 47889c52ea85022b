"""Snapshots of a PostgreSQL server, one after the other. `store.snapshots` says what they are."""

from collections.abc import Callable
from typing import TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from prepaid.store.batching.hot import Unavailable
from prepaid.store.postgres.database import driver_url

T = TypeVar("T")

CONNECT_S = 10


class PostgresSnapshots:
    """A server that is read."""

    def __init__(self, url: str, rows_at_once: int) -> None:
        self._rows_at_once = rows_at_once
        self._engine = create_async_engine(
            driver_url(url),
            poolclass=NullPool,
            connect_args={
                "timeout": CONNECT_S,
                "server_settings": {"application_name": "prepaid doctor", "timezone": "UTC"},
            },
        )

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot, rows streamed."""
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ",
                    postgresql_readonly=True,
                    yield_per=self._rows_at_once,
                )
                async with connection.begin():
                    return await connection.run_sync(function)
        except DBAPIError as error:
            raise Unavailable(str(error.orig)) from error
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
