"""PostgreSQL: many processes, one connection per writing lane, a pool for everything else."""

from collections.abc import Callable
from typing import TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncTransaction,
    create_async_engine,
)

from prepaid.store.batching.hot import OutcomeUnknown, Unavailable
from prepaid.store.postgres.hot import GONE, PostgresTransaction, gone_is_unavailable

T = TypeVar("T")

CONNECT_S = 5
COMMAND_S = 30
POOL = 8
# Index look-ups by nested loops, whatever the statistics say: on a fresh, never analysed database
# the planner would scan (measured: 500 charges a second until the first auto-analyze).
PLANNER = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
# At BEGIN nothing has been asked yet, so whatever the driver complains about, a new connection is
# the cure. InternalClientError: a word of the server about its end crossed our BEGIN on the way.
NOT_BEGUN = (asyncpg.PostgresError, asyncpg.InternalClientError, SQLAlchemyError)
SESSION = {"application_name": "prepaid", "lock_timeout": "10s", "timezone": "UTC"}


def driver_url(url: str) -> URL:
    """The URL with our driver named in it."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def _engine(url: str, settings: dict[str, str], size: int) -> AsyncEngine:
    return create_async_engine(
        driver_url(url),
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "timeout": CONNECT_S,
            "command_timeout": COMMAND_S,
            "server_settings": SESSION | settings,
        },
    )


class PostgresLane:
    """A connection for one batching writer; made again when it broke."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._raw: asyncpg.Connection | None = None

    async def begin(self) -> PostgresTransaction:
        """BEGIN, on a new connection if the last one is gone."""
        try:
            if self._raw is None or self._raw.is_closed():
                await self._connect()
            assert self._raw is not None, "connected above"
            assert self._connection is not None, "connected above"
            # Named, since a server may have another default: what is read after the lock must be
            # what was committed while we waited for it.
            await self._raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE")
        except (*GONE, *NOT_BEGUN) as error:
            await self.drop()
            raise Unavailable(str(error) or type(error).__name__) from error
        return PostgresTransaction(self._raw, self._connection)

    async def _connect(self) -> None:
        await self.drop()
        # AUTOCOMMIT: this lane says BEGIN and COMMIT itself.
        connection = await self._engine.connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        self._raw = (await connection.get_raw_connection()).driver_connection

    async def drop(self) -> None:
        """Forget the connection."""
        connection, self._connection, self._raw = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()


class PostgresDatabase:
    """The whole database, shared with other processes."""

    is_shared = True

    def __init__(self, url: str, lanes: int) -> None:
        self._pool = _engine(url, {}, POOL)
        self._lane_pool = _engine(url, PLANNER, lanes)
        self._lanes = [PostgresLane(self._lane_pool) for _ in range(lanes)]

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot."""
        return await self._transact(function, read_only=True)

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run statements in one durable transaction.

        Raises:
            OutcomeUnknown: the connection broke during COMMIT.
        """
        return await self._transact(function, read_only=False)

    async def write_brief(self, function: Callable[[Connection], T]) -> T:
        """No other: the server does the work."""
        return await self.write(function)

    async def _transact(self, function: Callable[[Connection], T], *, read_only: bool) -> T:
        level = "REPEATABLE READ" if read_only else "READ COMMITTED"
        with gone_is_unavailable():
            async with self._pool.connect() as connection:
                await connection.execution_options(
                    isolation_level=level, postgresql_readonly=read_only
                )
                async with connection.begin() as transaction:
                    result = await connection.run_sync(function)
                    if not read_only:
                        await self._commit(transaction)
                return result

    async def _commit(self, transaction: AsyncTransaction) -> None:
        """Wait for the server's word; without it nobody knows whether it took effect."""
        try:
            with gone_is_unavailable():
                await transaction.commit()
        except Unavailable as error:
            raise OutcomeUnknown(str(error)) from error

    def clock(self, connection: Connection) -> int:
        """The server's clock, since several processes write."""
        statement = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        now: int = connection.exec_driver_sql(statement).scalar_one()
        return now

    def lanes(self) -> list[PostgresLane]:
        """The lanes, for one batching writer each."""
        return self._lanes

    async def close(self) -> None:
        """Close every connection."""
        for lane in self._lanes:
            await lane.drop()
        await self._lane_pool.dispose()
        await self._pool.dispose()
