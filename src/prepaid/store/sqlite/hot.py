"""The hot path on SQLite: one connection writes, statements run in the loop, COMMIT in a thread.

Reading and inserting take microseconds here, so only the wait for the disk leaves the loop.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from pysqlite3 import dbapi2
from sqlalchemy import Connection

from prepaid.domain.accounts import Account
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book, Stored
from prepaid.domain.charges import Charge
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.windows import Slice, Window, cut
from prepaid.store.batching import rows
from prepaid.store.batching.hot import Clock, Due, KeyAt
from prepaid.store.deliveries import posting
from prepaid.store.sqlite import lookups as sqlite_lookups
from prepaid.store.sqlite.errors import away_is_unavailable

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")


def _marks(columns: str) -> str:
    return ", ".join("?" * (columns.count(",") + 1))


PRICE_EPOCH = "SELECT epoch FROM price_list"
DUE = (
    f"SELECT {rows.CHARGE} FROM charge WHERE account_id = ? AND status = 'held'"
    " AND expires_at <= ? ORDER BY expires_at, seq LIMIT ?"
)
NEXT_DUE = (
    "SELECT min(expires_at) FROM charge WHERE account_id = ? AND status = 'held' AND expires_at > ?"
)
SAVE_ACCOUNT = (
    "UPDATE account SET seq = ?, at = ?, balance = ?, chain = ?, holds_due = ?, alarm = ?"
    " WHERE id = ?"
)
ADD_CHARGE = f"INSERT INTO charge ({rows.CHARGE}) VALUES ({_marks(rows.CHARGE)})"
SAVE_CHARGE = (
    "UPDATE charge SET status = ?, ended_seq = ?, ended_at = ?, ended_balance = ?,"
    " ended_amount = ?, ended_quantity = ?, amount = ? WHERE account_id = ? AND seq = ?"
)
ADD_ENTRY = f"INSERT INTO ledger_entry ({rows.ENTRY}) VALUES ({_marks(rows.ENTRY)})"
ADD_KEY = f"INSERT INTO idempotency_key ({rows.KEY}) VALUES ({_marks(rows.KEY)})"
ADD_USAGE = (
    'INSERT INTO usage (account_id, grain, starts, workspace, sku, "count", micros)'
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    ' SET "count" = "count" + excluded."count", micros = micros + excluded.micros'
)
ADD_SPEND = (
    "INSERT INTO spend (account_id, scope, at, micros) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET micros = micros + excluded.micros"
)
ADD_SPEND_HOUR = (
    "INSERT INTO spend_hour (account_id, scope, hour, micros) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET micros = micros + excluded.micros"
)
SAVE_WINDOW = (
    f"INSERT INTO spend_window ({rows.WINDOW}) VALUES ({_marks(rows.WINDOW)})"
    " ON CONFLICT DO UPDATE SET period = excluded.period, micros = excluded.micros,"
    " tail = excluded.tail, head = excluded.head, alarm = excluded.alarm,"
    " limit_state = excluded.limit_state"
)


def _statements(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """What runs statements; a full disk among them is `Unavailable`, not the fault of any."""

    @wraps(method)
    async def told(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with away_is_unavailable():
            return await method(self, *args, **kwargs)

    return told


class SqliteTransaction:
    """One open transaction; see `HotTransaction` for what each method promises."""

    def __init__(
        self,
        raw: dbapi2.Connection,
        connection: Connection,
        commit: Callable[[], Awaitable[None]],
        ended: Callable[[], None],
    ) -> None:
        self._raw = raw
        self._connection = connection
        self._commit = commit
        self._ended = ended
        self._posted = False

    @_statements
    async def lock(self, accounts: Sequence[AccountId]) -> dict[AccountId, Account]:
        """BEGIN IMMEDIATE has locked the whole file; only the rows are missing."""
        found = sqlite_lookups.ACCOUNTS.rows(self._raw, [(account,) for account in accounts])
        return {row[0]: rows.account(row) for row in found}

    @_statements
    async def clock(self) -> Clock:
        """This machine's clock: one process writes, so it is the only one."""
        (epoch,) = self._raw.execute(PRICE_EPOCH).fetchone()
        return Clock(time.time_ns() // 1000, epoch)

    @_statements
    async def keys(self, wanted: Sequence[KeyAt]) -> dict[KeyAt, Stored]:
        """One statement for all."""
        found = sqlite_lookups.KEYS.rows(self._raw, wanted)
        return {KeyAt(*row[:3]): Stored(*row[3:]) for row in found}

    @_statements
    async def charges(self, wanted: Sequence[tuple[AccountId, Seq]]) -> list[Charge]:
        """One statement for all."""
        return [rows.charge(row) for row in sqlite_lookups.CHARGES.rows(self._raw, wanted)]

    @_statements
    async def due(self, account: AccountId, now: Instant, most: int) -> Due:
        """By the index of open holds."""
        due = self._raw.execute(DUE, (account, now, most)).fetchall()
        (next_at,) = self._raw.execute(NEXT_DUE, (account, now)).fetchone()
        return Due(account, [rows.charge(row) for row in due], next_at)

    @_statements
    async def windows(self, wanted: Sequence[tuple[AccountId, int]]) -> list[Window]:
        """One statement for all."""
        return [rows.window(row) for row in sqlite_lookups.WINDOWS.rows(self._raw, wanted)]

    @_statements
    async def sums(self, slices: Sequence[Slice]) -> list[Micros]:
        """Rows at the ends and whole hours between: one statement for each of the two."""
        parts = [(place, span, part) for place, span in enumerate(slices) for part in cut(span)]
        totals = [0] * len(slices)
        for are_hours, sums in ((False, sqlite_lookups.SUMS), (True, sqlite_lookups.HOUR_SUMS)):
            asked = [
                (number, span.account, span.scope, part.after, part.until)
                for number, (_, span, part) in enumerate(parts)
                if part.is_hours == are_hours
            ]
            for number, micros in dict(sums.rows(self._raw, asked)).items():
                totals[parts[number][0]] += micros
        return totals

    @_statements
    async def run(self, function: Callable[[Connection], T]) -> T:
        """On the same connection, by SQLAlchemy."""
        result = function(self._connection)
        self._posted |= posting.taken(self._connection)
        return result

    @_statements
    async def save(self, books: Sequence[Book], _batch_id: bytes) -> None:
        """One `executemany` per table. No mark: a COMMIT that fails here is always known."""
        many = self._raw.executemany
        many(SAVE_ACCOUNT, map(rows.account_changes, books))
        many(ADD_CHARGE, [rows.new_charge(b.charges[s]) for b in books for s in b.new_charges])
        many(
            SAVE_CHARGE,
            [rows.charge_changes(b.charges[s]) for b in books for s in b.changed_charges],
        )
        many(ADD_ENTRY, rows.entries(books))
        many(ADD_KEY, rows.keys(books))
        many(ADD_USAGE, [row for book in books for row in book.totals.rows()])
        many(ADD_SPEND, rows.spend(books))
        many(ADD_SPEND_HOUR, rows.spend_hours(books))
        many(SAVE_WINDOW, [rows.window_values(w) for b in books for w in b.windows.values()])

    async def has_batch(self, _account: AccountId, _batch_id: bytes) -> bool:
        """Never asked: one connection in this process says what became of its COMMIT."""
        raise AssertionError("a COMMIT is not lost on the way to a file")

    async def commit(self) -> None:
        """Wait for the disk in a thread."""
        try:
            with away_is_unavailable():
                await self._commit()
        except BaseException:
            await self.rollback()
            raise
        self._ended()

    def posted(self) -> bool:
        """Kept apart from the connection, which others use after COMMIT."""
        return self._posted

    async def rollback(self) -> None:
        """Leave nothing of it."""
        try:
            with suppress(dbapi2.Error):  # then the error before this one has rolled it back
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
        finally:
            self._ended()
