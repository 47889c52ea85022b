"""`prepaid statements`: the final statements of a month as files, for cron."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from prepaid.commands import api
from prepaid.commands.accounts import BASE, every_account
from prepaid.commands.api import Api, in_path
from prepaid.commands.console import say
from prepaid.commands.database import Stopped
from prepaid.web.statements.files import FORMS, file_name
from prepaid.web.statements.shapes import StatementPage, StatementSummary

DRAFTS_LEFT = 3
PAGE = "200"


class Written(NamedTuple):
    """What a run has done."""

    accounts: int  # that have a final statement of the month
    final: int
    drafts: int


def statements(
    month: Annotated[str, typer.Option(help="Like 2026-10", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write to", show_default=False)],
    account: Annotated[
        str | None, typer.Option(help="Only this account, acc_…", show_default=False)
    ] = None,
) -> None:
    """Close a month and write its statements as PDF, CSV and JSON: DIR/acc_…/2026-10/S-000001-….

    Run again, it writes the same bytes. Drafts are left out.

    Exit code 0: every statement is final and written. 1: it could not end. 3: some are drafts
    still, because the month is not over or holds are open; run it again later.
    """
    written = api.run(lambda service: _write_all(service, month, out, account))
    say(
        f"{written.final} statements of {written.accounts} accounts written to {out}"
        + (f", {written.drafts} are drafts still" if written.drafts else "")
    )
    if written.drafts:
        raise typer.Exit(DRAFTS_LEFT)


async def _write_all(service: Api, month: str, out: Path, only: str | None) -> Written:
    accounts = [only] if only else [row.id for row in await every_account(service, None)]
    final = drafts = owners = 0
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<40}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        overall = bar.add_task("accounts", total=len(accounts))
        for account in accounts:
            found = await _listed(service, account, month)
            mine = bar.add_task(account, total=len(found))
            for one in found:
                if one.number is None:
                    drafts += 1
                else:
                    name = None if one.workspace is None else one.workspace.name
                    path = out / account / one.month / file_name(one.number, name)
                    await _write(service, f"{BASE}/{account}/statements/{one.id}", path)
                    final += 1
                bar.advance(mine)
            owners += any(one.number is not None for one in found)
            bar.remove_task(mine)
            bar.advance(overall)
    return Written(owners, final, drafts)


async def _listed(service: Api, account: str, month: str) -> list[StatementSummary]:
    found: list[StatementSummary] = []
    cursor = None
    while True:
        query = {"month": month, "limit": PAGE, "cursor": cursor}
        path = f"{BASE}/{in_path(account)}/statements"
        page = await service.ask("GET", path, StatementPage, query=query)
        found += page.data
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _write(service: Api, source: str, path: Path) -> None:
    for ending in FORMS:
        content = await service.fetch(f"{source}.{ending}")
        part = path.with_name(f".{path.name}.{ending}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever reads the folder meanwhile never sees half a file.
            part.write_bytes(content)
            part.replace(path.with_name(f"{path.name}.{ending}"))
        except OSError as error:
            message = f"{path.parent} cannot be written: {error.strerror or error}"
            raise Stopped(message) from error
