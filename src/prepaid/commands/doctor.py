"""`prepaid doctor`: recounts everything and says where it drifts. Reads only, beside a server."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from prepaid import assembly, settings
from prepaid.commands.api import plain
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, check_file, check_tables, id_of
from prepaid.commands.tables import show_json
from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal
from prepaid.flows.deliveries import unreadable
from prepaid.flows.doctor import examination as flow
from prepaid.flows.doctor.examination import Drift, Examined
from prepaid.settings import SettingError, Settings
from prepaid.store import snapshots
from prepaid.store.batching.hot import Unavailable
from prepaid.store.deliveries import endpoints
from prepaid.store.snapshots import Snapshots

DRIFT = 1
CANNOT_RUN = 2


class Report(Struct, frozen=True):
    """Everything that was found."""

    ok: bool
    missing: list[str]  # settings that `serve` would not start without; no drift
    settings: list[str]  # names that are no settings; no drift
    unreadable: int | None  # endpoints whose secrets the key does not open; None: there is no key
    accounts: int
    entries: int
    charges: int
    drift: list[Drift]
    unlisted: int  # drifts beyond those listed


def doctor(
    account: Annotated[
        str | None, typer.Option(help="Only this account, acc_…", show_default=False)
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Check settings and database, and recount every account from its ledger.

    Exit code 0: nothing drifts. 1: something does. 2: it could not run. What `serve` would miss
    among the settings, and a key that does not open the secrets of webhooks, is told and no more:
    the figures are right without it.
    """
    try:
        wanted = settings.load()
        report = asyncio.run(_report(wanted, account))
    except (SettingError, Stopped, Unavailable, Refusal) as error:
        raise fail(str(error), CANNOT_RUN) from error
    show_json(report) if json else _show(report)
    if not report.ok:
        raise typer.Exit(DRIFT)


async def _report(wanted: Settings, account: str | None) -> Report:
    check_file(wanted)
    only = None if account is None else id_of(account)
    async with snapshots.opened(wanted.database_url) as database:
        await check_tables(database)
        accounts = await flow.every_account(database) if only is None else [only]
        found = await _examine(database, accounts)
        unread = await _unreadable(database, wanted, only)
    drift = [one for examined in found for one in examined.drift]
    return Report(
        ok=not drift,
        missing=settings.missing(wanted),
        settings=settings.unknown(),
        unreadable=unread,
        accounts=len(found),
        entries=sum(examined.entries for examined in found),
        charges=sum(examined.charges for examined in found),
        drift=drift,
        unlisted=sum(examined.unlisted for examined in found),
    )


async def _unreadable(database: Snapshots, wanted: Settings, only: AccountId | None) -> int | None:
    """How many endpoints the secret key does not open; unknown without one."""
    if not wanted.secret_key:
        return None
    now = assembly.clock()
    kept = await database.read(lambda connection: endpoints.kept(connection, now, only))
    return len(unreadable.unreadable(assembly.seals_of(wanted), kept))


async def _examine(database: Snapshots, accounts: Sequence[AccountId]) -> list[Examined]:
    """Every account, with a bar on a terminal. Those in order are not kept in full."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<40}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    found = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("accounts", total=len(accounts))
        for account in accounts:
            name = ids.account(account)

            def on_check(check: str, name: str = name) -> None:
                bar.update(task, description=f"{name} {check}")

            found.append(await flow.examine_one(database, account, on_check))
            bar.advance(task)
    return found


def _show(report: Report) -> None:
    for one in report.drift:
        say(plain(f"{one.account}  {one.check}: {one.place}"))
        say(plain(f"    should be {one.expected}, is {one.found}"))
    if report.unlisted:
        say(f"… and {report.unlisted} more")
    counted = f"{report.accounts} accounts, {report.charges} charges, {report.entries} entries"
    drifts = len(report.drift) + report.unlisted
    say(f"{counted}: {f'{drifts} drifts' if drifts else 'no drift'}")
    _show_settings(report)


def _show_settings(report: Report) -> None:
    if report.unreadable:
        fact = f"the secrets of {report.unreadable} endpoints cannot be opened"
        say(f"warning: {fact}, so nothing sent there can be signed; {unreadable.REMEDY}")
    for problem in report.settings:
        say(plain(f"warning: {problem}"))
    if report.missing:
        say(f"not needed here, but `prepaid serve` needs {' and '.join(report.missing)}")
