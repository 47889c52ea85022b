"""The database as commands meet it: told apart by its URL, tried before anything is begun."""

import asyncio
from pathlib import Path

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.settings import Settings
from prepaid.store import snapshots
from prepaid.store.batching.hot import Unavailable
from prepaid.store.locations import sqlite_path
from prepaid.store.snapshots import Snapshots


class Stopped(Exception):
    """The command cannot go on; the message names the fact and the need."""


def file_of(wanted: Settings) -> Path | None:
    """The SQLite file of the settings; None when they name a PostgreSQL server.

    Raises:
        Stopped: the URL names neither.
    """
    try:
        return sqlite_path(wanted.database_url)
    except ValueError as error:
        message = f"PREPAID_DATABASE_URL: {error}"
        raise Stopped(message) from error


def check_file(wanted: Settings) -> None:
    """A SQLite file that is to be read is there; nothing is made.

    Raises:
        Stopped: it is not.
    """
    path = file_of(wanted)
    if path is not None and not path.is_file():
        message = f"there is no file {path}; check PREPAID_DATABASE_URL, or run `prepaid migrate`"
        raise Stopped(message)


async def check_tables(database: Snapshots) -> None:
    """The tables are those that this version reads.

    Raises:
        Stopped: they are not, or cannot be read.
    """
    try:
        there = await database.read(snapshots.revision)
    except Unavailable as error:
        message = f"the database cannot be read: {error}; check PREPAID_DATABASE_URL"
        raise Stopped(message) from error
    newest = snapshots.newest_revision()
    if there != newest:
        message = f"the tables are at revision {there}, not {newest}; run `prepaid migrate`"
        raise Stopped(message)


def id_of(text: str) -> AccountId:
    """The account that somebody named.

    Raises:
        Stopped: it is no account's id.
    """
    found = ids.parse_account(text)
    if found is None:
        message = f"{text} is no account id; `prepaid accounts list` shows them"
        raise Stopped(message)
    return found


def make_ready(wanted: Settings) -> None:
    """Reach the database and bring its tables up to date.

    Raises:
        Stopped: it cannot be reached, or is no database.
        FileInUse: another process writes the SQLite file.
    """
    path = file_of(wanted)
    try:
        there = None
        if path is None or path.exists():
            there = asyncio.run(_try(wanted.database_url))
        if there != snapshots.newest_revision():
            _upgrade(wanted.database_url)
    except Unavailable as error:
        message = f"the database cannot be used: {error}; check PREPAID_DATABASE_URL"
        raise Stopped(message) from error
    except OSError as error:
        message = f"{path or 'the database'} cannot be opened: {error.strerror or error}"
        raise Stopped(message) from error


def tell_address(wanted: Settings, url: str) -> None:
    """Leave word beside the SQLite file where the server that writes it listens."""
    path = file_of(wanted)
    if path is not None:
        _address_file(path).write_text(url, "ascii")


def address_of(wanted: Settings) -> str | None:
    """Where the server that writes the SQLite file listens, if it has left word."""
    path = file_of(wanted)
    if path is None or not _address_file(path).exists():
        return None
    return _address_file(path).read_text("ascii").strip() or None


def _address_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.server")


async def _try(url: str) -> str | None:
    """The revision of its tables."""
    async with snapshots.opened(url) as database:
        return await database.read(snapshots.revision)


def _upgrade(url: str) -> None:
    # 10 MiB, which only the start that changes tables has to pay.
    from prepaid.store.migrate import NewerTables, upgrade  # noqa: PLC0415

    try:
        upgrade(url)
    except NewerTables as error:
        raise Stopped(str(error)) from error
