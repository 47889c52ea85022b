"""The hot path on PostgreSQL: set-wise reads, and all writes of a batch in one statement."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from prepaid.domain.accounts import Account
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book, Stored
from prepaid.domain.charges import Charge
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.windows import Slice, Window, cut
from prepaid.store.batching import rows
from prepaid.store.batching.hot import Clock, CommitLost, Due, KeyAt, Unavailable
from prepaid.store.deliveries import posting
from prepaid.store.postgres import statements as sql

T = TypeVar("T")

# The server or the way to it is gone, or it has no room: nothing is wrong with what was asked.
GONE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # the server's last word crossed what we were asking
    asyncpg.InvalidCachedStatementError,  # a migration meanwhile; the driver has forgotten it
)


@contextmanager
def gone_is_unavailable() -> Iterator[None]:
    """A lost connection is not the fault of what was asked: trying again can help.

    Raises:
        Unavailable: in place of such an error, the driver's own or as SQLAlchemy wraps it.
    """
    try:
        yield
    except (*GONE, PoolTimeout) as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    except DBAPIError as error:
        cause = error.orig and error.orig.__cause__
        if error.connection_invalidated or isinstance(cause, GONE):
            raise Unavailable(str(error.orig)) from error
        raise


def _columns(table: Iterable[Sequence[Any]], width: int) -> list[Sequence[Any]]:
    """Rows turned into one array per column, as `unnest` takes them."""
    columns: list[Sequence[Any]] = list(zip(*table, strict=True))
    return columns or [()] * width


class PostgresTransaction:
    """One open transaction; see `HotTransaction` for what each method promises."""

    def __init__(self, raw: asyncpg.Connection, connection: AsyncConnection) -> None:
        self._raw = raw
        self._connection = connection
        self._posted = False

    async def _fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        with gone_is_unavailable():
            return await self._raw.fetch(statement, *values)

    async def lock(self, accounts: Sequence[AccountId]) -> dict[AccountId, Account]:
        """`FOR UPDATE` in id order. What depends on the lock is read by later statements."""
        found = await self._fetch(sql.LOCK, accounts)
        return {row[0]: rows.account(row) for row in found}

    async def clock(self) -> Clock:
        """The server's clock, since several processes write."""
        ((clock, price_epoch),) = await self._fetch(sql.MOMENT)
        return Clock(clock, price_epoch)

    async def keys(self, wanted: Sequence[KeyAt]) -> dict[KeyAt, Stored]:
        """One statement for all."""
        if not wanted:
            return {}
        found = await self._fetch(sql.GET_KEYS, *_columns(wanted, 3))
        return {
            KeyAt(row[0], row[1], row[2]): Stored(row[3], row[4], row[5], row[6]) for row in found
        }

    async def charges(self, wanted: Sequence[tuple[AccountId, Seq]]) -> list[Charge]:
        """One statement for all."""
        if not wanted:
            return []
        found = await self._fetch(sql.GET_CHARGES, *_columns(wanted, 2))
        return [rows.charge(tuple(row)) for row in found]

    async def due(self, account: AccountId, now: Instant, most: int) -> Due:
        """By the index of open holds."""
        due = await self._fetch(sql.DUE, account, now, most)
        ((next_at,),) = await self._fetch(sql.NEXT_DUE, account, now)
        return Due(account, [rows.charge(tuple(row)) for row in due], next_at)

    async def windows(self, wanted: Sequence[tuple[AccountId, int]]) -> list[Window]:
        """One statement for all."""
        if not wanted:
            return []
        found = await self._fetch(sql.GET_WINDOWS, *_columns(wanted, 2))
        return [rows.window(row) for row in found]

    async def sums(self, slices: Sequence[Slice]) -> list[Micros]:
        """Rows at the ends and whole hours between, all in one statement."""
        if not slices:
            return []
        parts = [
            (place, span.account, span.scope, part.is_hours, part.after, part.until)
            for place, span in enumerate(slices)
            for part in cut(span)
        ]
        totals = [0] * len(slices)
        for place, micros in await self._fetch(sql.SUMS, *_columns(parts, 6)):
            totals[place] += int(micros)
        return totals

    async def run(self, function: Callable[[Connection], T]) -> T:
        """On the same connection, by SQLAlchemy."""

        def work(connection: Connection) -> T:
            result = function(connection)
            self._posted |= posting.taken(connection)
            return result

        with gone_is_unavailable():
            return await self._connection.run_sync(work)

    def posted(self) -> bool:
        """Kept apart from the connection, which may be lost at COMMIT."""
        return self._posted

    async def save(self, books: Sequence[Book], batch_id: bytes) -> None:
        """One statement: data-modifying CTEs over arrays, one per table."""
        new = [rows.new_charge(b.charges[s]) for b in books for s in b.new_charges]
        changed = [rows.charge_changes(b.charges[s]) for b in books for s in b.changed_charges]
        usage = [row for book in books for row in book.totals.rows()]
        opened = [rows.window_values(w) for b in books for w in b.windows.values()]
        await self._fetch(
            sql.SAVE,
            *_columns(map(rows.account_changes, books), 7),
            *_columns(new, 20),
            *_columns(changed, 9),
            *_columns(rows.entries(books), 9),
            *_columns(rows.keys(books), 7),
            *_columns(usage, 7),
            *_columns(rows.spend(books), 4),
            *_columns(rows.spend_hours(books), 4),
            *_columns(opened, 8),
            books[0].account.id,
            batch_id,
            books[0].now,
        )

    async def has_batch(self, account: AccountId, batch_id: bytes) -> bool:
        """One look-up."""
        return bool(await self._fetch(sql.HAS_BATCH, account, batch_id))

    async def commit(self) -> None:
        """Wait for the server's word; without it the outcome is unknown."""
        try:
            done = await self._raw.execute("COMMIT")
        except GONE as error:
            # Whoever looks for the outcome must not stand inside a transaction left open here.
            self._raw.terminate()
            raise CommitLost(str(error) or type(error).__name__) from error
        assert done == "COMMIT", "a failed transaction is rolled back, never committed"

    async def rollback(self) -> None:
        """Leave nothing of it; a connection that fails at this is not used again."""
        try:
            await self._raw.execute("ROLLBACK")
        except GONE:
            self._raw.terminate()
