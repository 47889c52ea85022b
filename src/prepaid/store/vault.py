"""The one object flows are handed: reads, rare writes, and the batching writers."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command
from prepaid.domain.instants import Instant
from prepaid.store import guard, noting
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.hot import Lane
from prepaid.store.batching.waiting import Answer
from prepaid.store.batching.writer import Writer
from prepaid.store.deliveries import posting
from prepaid.store.locations import sqlite_path
from prepaid.store.sqlite.database import SqliteDatabase

__all__ = ["Connection", "Database", "Vault", "open_database"]  # flows name the type, no more

T = TypeVar("T")


class Database(Protocol):
    """What both databases offer beside the hot path."""

    @property
    def is_shared(self) -> bool:
        """Whether several processes may write it."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot."""

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run statements in one durable transaction."""

    async def write_brief(self, function: Callable[[Connection], T]) -> T:
        """The same for what takes a few milliseconds at most, however much there is."""

    def lanes(self) -> Sequence[Lane]:
        """One connection per batching writer."""

    def clock(self, connection: Connection) -> Instant:
        """The clock of leases: the server's, where several processes write."""

    async def close(self) -> None:
        """Close every connection."""


def open_database(url: str, lanes: int = 1) -> Database:
    """The database a URL names.

    Raises:
        ValueError: the URL is neither SQLite's nor PostgreSQL's.
        FileInUse: another process writes the SQLite file.
    """
    path = sqlite_path(url)
    if path is not None:
        return SqliteDatabase(path)
    # Its drivers are 8 MiB that a service on a file need not keep.
    from prepaid.store.postgres.database import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url, lanes)


class Vault:
    """A database with its writers running."""

    def __init__(self, database: Database) -> None:
        self.database = database
        directories = Directories()
        self._listeners: list[Callable[[], None]] = []
        self.writers = [
            Writer(lane, directories, posted=self._announce) for lane in database.lanes()
        ]

    def start(self) -> None:
        """Begin to take commands."""
        for writer in self.writers:
            writer.start()

    async def stop(self) -> None:
        """Commit what is queued, then close the database."""
        await asyncio.gather(*(writer.stop() for writer in self.writers))
        await self.database.close()

    async def submit(self, command: Command) -> Outcome:
        """Have a command committed, in its account's order; see `Writer.submit`."""
        return await self._writer(command).submit(command)

    def enqueue(self, command: Command, answer: Answer) -> None:
        """The same for a caller that does not wait; see `Writer.enqueue`."""
        self._writer(command).enqueue(command, answer)

    def _writer(self, command: Command) -> Writer:
        return self.writers[command.account % len(self.writers)]

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run statements on one snapshot."""
        with guard.transaction():
            return await self.database.read(function)

    async def write(self, function: Callable[[Connection], T], *, is_brief: bool = False) -> T:
        """Run statements in one durable transaction, with the note that waits for one."""
        posted = False
        note = noting.waiting()

        def work(connection: Connection) -> T:
            nonlocal posted
            result = function(connection)
            if note is not None:
                noting.keep(connection, note, self.clock(connection))
            posted = posting.taken(connection)
            return result

        write = self.database.write_brief if is_brief else self.database.write
        with guard.transaction():
            written = await write(work)
        if note is not None:
            note.is_kept = True
        if posted:
            self._announce()
        return written

    def when_posted(self, listener: Callable[[], None]) -> None:
        """Have a sender told, in the event loop, whenever this process has committed its work."""
        self._listeners.append(listener)

    def _announce(self) -> None:
        for listener in self._listeners:
            listener()

    def clock(self, connection: Connection) -> Instant:
        """The time that leases go by, in a transaction."""
        return self.database.clock(connection)
