"""`prepaid backup`: a copy of the SQLite file, made beside a running server."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from prepaid.commands.api import plain
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, check_file, file_of
from prepaid.commands.serve import load
from prepaid.settings import Settings
from prepaid.store import snapshots
from prepaid.store.batching.hot import Unavailable
from prepaid.store.sqlite import backup as sqlite_backup
from prepaid.store.sqlite.backup import NotCopied


def backup(
    path: Annotated[Path, typer.Argument(help="New file to write", show_default=False)],
) -> None:
    """Copy the SQLite file as it is at this moment, beside a running server, and check the copy.

    The copy is a file by itself, for this user alone. PostgreSQL has its own means, pg_dump first.
    """
    wanted = load()
    try:
        source = _source(wanted)
        size = _copied(source, path)
    except Stopped as error:
        raise fail(str(error)) from error
    say(plain(f"{source} copied to {path}: {decimal(size)}, sound."))
    say(plain(f"Recount it: PREPAID_DATABASE_URL=sqlite:///{path} prepaid doctor"))


def _source(wanted: Settings) -> Path:
    """The file, when there is one to copy."""
    source = file_of(wanted)
    if source is None:
        message = "a PostgreSQL database is copied by its own means: pg_dump or pg_basebackup"
        raise Stopped(message)
    check_file(wanted)
    asyncio.run(_check_tables(wanted.database_url))
    return source


async def _check_tables(url: str) -> None:
    """There is something to copy. Of which version does not matter: it is copied before a change.

    Raises:
        Stopped: it holds no tables of ours, or cannot be read.
    """
    try:
        async with snapshots.opened(url) as database:
            there = await database.read(snapshots.revision)
    except Unavailable as error:
        message = f"the database cannot be read: {error}; check PREPAID_DATABASE_URL"
        raise Stopped(message) from error
    if there is None:
        message = "the database has no tables of Prepaid; check PREPAID_DATABASE_URL"
        raise Stopped(message)


def _copied(source: Path, path: Path) -> int:
    """Copy with a bar on a terminal; the size of the copy."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("pages", total=None)

        def on_progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            return sqlite_backup.copy(source, path, on_progress)
        except NotCopied as error:
            message = f"{source} could not be copied: {error}"
            raise Stopped(message) from error
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror or error}"
            raise Stopped(message) from error
