"""Writes an account's charges to a CSV file, beside a running server: the database is only read."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from prepaid import settings
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, check_file, check_tables, id_of
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal
from prepaid.flows import charge_lists
from prepaid.flows.desk import existing
from prepaid.settings import SettingError
from prepaid.store import accounts, snapshots
from prepaid.store.batching.hot import Unavailable
from prepaid.store.charge_lists import Wanted
from prepaid.web.charge_lists import as_lines, heading


class Export(NamedTuple):
    """What to write, and where; no file: to standard output."""

    account: str
    wanted: Wanted
    workspace: str | None
    file: Path | None


def run(export: Export) -> None:
    """Write the file; a progress line on a terminal.

    Exit code 1 when it cannot be done. What was written of a file is left as `FILE.part`.
    """
    try:
        loaded = settings.load()
        check_file(loaded)
        with _target(export.file) as out:
            rows = asyncio.run(_write(loaded.database_url, id_of(export.account), export, out))
    except (SettingError, Stopped, Unavailable, Refusal, OSError) as error:
        raise fail(str(error)) from error
    if export.file is not None:
        say(f"{rows} charges written to {export.file}.")


@contextmanager
def _target(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as out:
        yield out
    part.replace(file)


async def _write(url: str, account: AccountId, export: Export, out: IO[bytes]) -> int:
    wanted, rows = export.wanted, 0
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} charges"), TimeElapsedColumn())
    async with snapshots.opened(url) as database:
        await check_tables(database)
        existing(await database.read(lambda connection: accounts.get(connection, account)), account)
        if export.workspace is not None:
            places = await charge_lists.numbers_of(database, account, export.workspace)
            wanted = replace(wanted, workspaces=places)
        out.write(heading())
        with Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        ) as bar:
            task = bar.add_task("charges", total=None)
            async for part in charge_lists.stream(database, account, wanted):
                out.write(await as_lines(part))
                rows += len(part)
                bar.advance(task, len(part))
    return rows
