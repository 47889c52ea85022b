"""`prepaid usage`: import request logs as charges, report what was used, export charges."""

from pathlib import Path
from typing import Annotated

import typer

from prepaid.commands import api, usage_export
from prepaid.commands.accounts import BASE, Json
from prepaid.commands.api import Api, in_path
from prepaid.commands.console import fail
from prepaid.commands.tables import show_csv, show_json, show_table
from prepaid.commands.usage_export import Export
from prepaid.commands.usage_import import ITEMS_MAX
from prepaid.commands.usage_lines import FIELDS, METADATA, BadFile, source
from prepaid.commands.usage_run import Wanted, run
from prepaid.domain.refusals import Refusal
from prepaid.web.charge_lists import ChargeQuery, wanted_of
from prepaid.web.usage import UsageRow

app = typer.Typer(no_args_is_help=True, help="Import request logs, report usage, export charges.")

Account = Annotated[str, typer.Option(help="The account's id, acc_…", show_default=False)]


@app.command("import")
def import_usage(
    file: Annotated[Path, typer.Argument(help="FILE.csv or FILE.jsonl", show_default=False)],
    account: Account,
    column_map: Annotated[
        list[str] | None,
        typer.Option(help="Ours=yours, like occurredAt=time,sku=product; may be repeated"),
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Write every refused line to this CSV file")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=ITEMS_MAX, help="Lines per request")
    ] = ITEMS_MAX,
    *,
    create_workspaces: Annotated[
        bool, typer.Option("--create-workspaces", help="Make workspaces that are unknown")
    ] = False,
) -> None:
    """Charge the requests of a log, each at its own time.

    Columns: occurredAt (date-time with offset), sku, and if wanted workspace (empty: default),
    quantity, credits (instead of the list price), id, and metadata.NAME. Others are left aside.
    In JSON lines, a workspace of null is the account-wide bucket.

    Run again, it charges nothing twice: by the ids, or without an id column by the file's content
    and the line. Interrupted, it goes on where it stopped.

    Exit code 1 when a line was refused or the import could not end.
    """
    try:
        log = source(file, account, _columns(column_map or []))
    except BadFile as error:
        raise fail(str(error)) from error
    run(Wanted(log, refused, batch_size, create_workspaces))


def _columns(pairs: list[str]) -> dict[str, str]:
    """Ours → theirs."""
    found: dict[str, str] = {}
    for pair in ",".join(pairs).split(",") if pairs else []:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        known = ours in FIELDS or ours.startswith(f"{METADATA}.")
        if not (equals and theirs and known):
            names = ", ".join((*FIELDS, f"{METADATA}.NAME"))
            message = f"--column-map {pair!r} must be ours=yours, ours being one of {names}"
            raise BadFile(message)
        found[ours] = theirs
    return found


@app.command()
def report(
    account: Account,
    start: Annotated[
        str | None, typer.Option("--from", help="First day, or date-time", show_default=False)
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Last day, or date-time (excluded)", show_default=False),
    ] = None,
    workspace: Annotated[str | None, typer.Option(help="Only this workspace")] = None,
    *,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV")] = False,
    json: Json = False,
) -> None:
    """Report usage by workspace and SKU. Days are UTC, both included."""
    if csv and json:
        raise fail("--csv and --json cannot both be given")

    async def work(service: Api) -> list[UsageRow]:
        query = {"startDate": start, "endDate": end, "workspace": workspace}
        path = f"{BASE}/{in_path(account)}/usage"
        return await service.ask("GET", path, list[UsageRow], query=query)

    rows = api.run(work)
    if json:
        show_json(rows)
    elif csv:
        show_csv(("workspace", "legalName", "sku", "count", "credits"), _lines(rows))
    else:
        _show(rows)


@app.command()
def export(
    account: Account,
    start: Annotated[
        str | None, typer.Option("--from", help="First day, or date-time", show_default=False)
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Last day, or date-time (excluded)", show_default=False),
    ] = None,
    workspace: Annotated[str | None, typer.Option(help="Only this workspace, id or name")] = None,
    sku: Annotated[str | None, typer.Option(help="Only this SKU")] = None,
    out: Annotated[Path | None, typer.Option(help="Write this file; to the screen without")] = None,
) -> None:
    """Write every charge as CSV, newest first. Reads the database only, beside a server too."""
    query = ChargeQuery(start_date=start, end_date=end, sku=sku)
    try:
        wanted = wanted_of(query, None)
    except Refusal as refusal:
        raise fail(str(refusal)) from refusal
    usage_export.run(Export(account, wanted, workspace, out))


def _lines(rows: list[UsageRow]) -> list[tuple[object, ...]]:
    return [
        (
            "" if row.workspace is None else row.workspace.name,
            "" if row.workspace is None else row.workspace.legal_name,
            line.sku,
            line.count,
            line.total_credits,
        )
        for row in rows
        for line in row.breakdown
    ]


def _show(rows: list[UsageRow]) -> None:
    shown: list[tuple[object, ...]] = []
    for row in rows:
        name = "(account-wide)"
        if row.workspace is not None:
            name = row.workspace.name + (" (archived)" if row.workspace.archived else "")
        shown += [(name, line.sku, line.count, line.total_credits) for line in row.breakdown]
        if len(row.breakdown) != 1:
            shown.append((name, "all", row.total_requests, row.total_credits_used))
    requests = sum(row.total_requests for row in rows)
    credits = sum(row.total_credits_used for row in rows)
    shown.append(("all", "all", requests, credits))
    headings = ("workspace", "sku", "requests", "credits")
    show_table(headings, shown, numbers=("requests", "credits"))
