"""One `prepaid usage import` from its first question to its report."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from prepaid.commands import api
from prepaid.commands.accounts import BASE
from prepaid.commands.api import Api, in_path
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped
from prepaid.commands.usage_import import Import, Tally
from prepaid.commands.usage_journal import Begun, InUse, Journal
from prepaid.commands.usage_lines import BadFile, Fault, Source
from prepaid.commands.usage_workspaces import Workspaces
from prepaid.domain.amounts import credit
from prepaid.web.account_shapes import AccountShape

SHOWN_MAX = 20


@dataclass(frozen=True)
class Wanted:
    """What is to be imported, and how."""

    log: Source
    refused: Path | None  # file for every refused line
    batch_size: int
    create_workspaces: bool


class Refusals:
    """Refused lines: the first ones to be shown, all of them to a file."""

    def __init__(self, file: IO[str] | None) -> None:
        self.shown: list[Fault] = []
        self._writer = None if file is None else csv.writer(file, lineterminator="\n")
        if self._writer is not None:
            self._writer.writerow(Fault._fields)

    def add(self, fault: Fault) -> None:
        """Note a refused line."""
        if len(self.shown) < SHOWN_MAX:
            self.shown.append(fault)
        if self._writer is not None:
            self._writer.writerow(_printable(part) for part in fault)


def run(wanted: Wanted) -> None:
    """Import, and say what became of every line. Exit code 1 when a line was refused."""
    log = wanted.log
    file: IO[str] | None = None
    try:
        if wanted.refused is not None:
            file = wanted.refused.open("w", encoding="utf-8", newline="")
    except OSError as error:
        message = f"{wanted.refused} cannot be written: {error.strerror}"
        raise fail(message) from error
    try:
        journal = Journal(log.path, Begun(log.sha256, log.account, dict(log.columns)))
    except InUse as error:
        raise fail(f"another import of {log.path} is running") from error
    with file or nullcontext():
        refusals = Refusals(file)
        tally = Tally(refusals.add)
        stopped = _import(wanted, journal, tally)
    if stopped is None or tally.read:
        _report(tally, refusals, wanted)
    if stopped is not None:
        raise fail(f"{log.path}: {stopped}")
    if tally.refused:
        raise typer.Exit(1)


def _import(wanted: Wanted, journal: Journal, tally: Tally) -> str | None:
    """Why it did not reach the end; None when it did."""
    stopped: str | None = None

    async def work(service: Api) -> None:
        nonlocal stopped
        try:
            await _work(service, wanted, journal, tally)
        except (Stopped, BadFile) as error:
            stopped = str(error)

    try:
        api.run(work)
    finally:
        journal.close(is_complete=tally.is_complete or not tally.read)
    return stopped


async def _work(service: Api, wanted: Wanted, journal: Journal, tally: Tally) -> None:
    log = wanted.log
    account = await service.ask("GET", f"{BASE}/{in_path(log.account)}", AccountShape)
    if account.closed:
        message = f"the account {account.id} is closed; reopen it to charge it"
        raise Stopped(message)
    maker = Workspaces(service, account.id) if wanted.create_workspaces else None
    with _bar(log) as on_piece:
        work = Import(service, log, journal, tally, maker, wanted.batch_size, on_piece)
        await work.run()
    tally.is_complete = True
    if maker is not None and maker.made:
        say(f"workspaces made  {maker.made:>12,}")


@contextmanager
def _bar(log: Source) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("line {task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(_printable(log.path.name), total=max(log.lines, 1))
        yield lambda line: bar.update(task, completed=line)


def _report(tally: Tally, refusals: Refusals, wanted: Wanted) -> None:
    say(f"lines read       {tally.read:>12,}")
    say(f"charged          {tally.charged:>12,}")
    say(f"already charged  {tally.replayed:>12,}")
    say(f"refused          {tally.refused:>12,}")
    say(f"credits of all charged lines  {credit(tally.micros)}")
    if tally.continued:
        say(f"{tally.continued:,} of these lines were done by the interrupted import before.")
    for fault in refusals.shown:
        say(
            api.plain(f"  line {fault.line}: {_printable(fault.field)}: {_printable(fault.reason)}")
        )
    hidden = tally.refused - len(refusals.shown)
    if hidden:
        say(f"  … and {hidden:,} more; --refused FILE writes them all")
    if wanted.refused is not None:
        say(api.plain(f"{tally.refused:,} refused lines written to {wanted.refused}."))


def _printable(value: object) -> str:
    """A text that can be written anywhere, whatever bytes the file had."""
    return str(value).encode("utf-8", "backslashreplace").decode()
