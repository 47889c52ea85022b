"""What an account reads of its money: usage per workspace and SKU, balance, ledger."""

from collections.abc import Iterable
from typing import NamedTuple

from prepaid.domain.alerting import Config
from prepaid.domain.entries import Entry
from prepaid.domain.ids import AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.topup_caps import AutoTopup
from prepaid.flows.desk import Desk
from prepaid.flows.metering import fresh
from prepaid.store import alerting, ledger, payers, usage, workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.usage import Line
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

BEGINNING: Instant = 0
END: Instant = 2_900_000 * DAY  # in the year 9909: after every charge, still a date


class WorkspaceUsage(NamedTuple):
    """One row of the report; workspace None is the account-wide bucket."""

    workspace: WorkspaceRow | None
    lines: list[Line]


async def usage_report(
    desk: Desk,
    account: AccountId,
    start: Instant = BEGINNING,
    end: Instant = END,
    name: str | None = None,
) -> list[WorkspaceUsage]:
    """Usage of charges reserved in `[start, end)`, by workspace.

    Every active workspace has a row; archived ones and the account-wide bucket have one when
    they have usage. `name` keeps every workspace that ever had it.

    Raises:
        Refusal: `400 workspace_not_found`.
    """
    await fresh(desk, account)

    def work(connection: Connection) -> tuple[list[WorkspaceRow], list[Line]]:
        rows = workspaces.every(connection, account)
        return rows, usage.report(connection, account, start, end)

    rows, lines = await desk.vault.read(work)
    by_number: dict[WorkspaceNumber, list[Line]] = {}
    for line in lines:
        by_number.setdefault(line.workspace, []).append(line)
    if name is None:
        return _all_rows(rows, by_number)
    named = [row for row in rows if row.name == name]
    if not named:
        message = f"this account never had a workspace named {name!r}"
        raise Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)
    return _rows(named, by_number)


def _rows(
    rows: Iterable[WorkspaceRow], lines: dict[WorkspaceNumber, list[Line]]
) -> list[WorkspaceUsage]:
    return [
        WorkspaceUsage(row, lines.get(row.number, []))
        for row in rows
        if row.archived_at is None or row.number in lines
    ]


def _all_rows(
    rows: Iterable[WorkspaceRow], lines: dict[WorkspaceNumber, list[Line]]
) -> list[WorkspaceUsage]:
    report = _rows(rows, lines)
    if 0 in lines:
        report.append(WorkspaceUsage(None, lines[0]))
    return report


class Balance(NamedTuple):
    """The account with its exact balance, its low-balance rules, and its auto top-up."""

    row: AccountRow
    config: Config
    auto: AutoTopup


async def balance(desk: Desk, account: AccountId) -> Balance:
    """The account's balance and how it stands.

    Raises:
        Refusal: `404 not_found`.
    """
    row = await fresh(desk, account)

    def work(connection: Connection) -> Balance:
        config = alerting.config(connection, account)
        return Balance(row, config, payers.terms(connection, [account])[account].auto)

    return await desk.vault.read(work)


async def entries(
    desk: Desk, account: AccountId, before: Seq = ledger.NO_SEQ_YET, limit: int = 50
) -> list[Entry]:
    """Ledger entries, newest first, those older than `before`."""
    await fresh(desk, account)
    return await desk.vault.read(lambda c: ledger.entries(c, account, before, limit))
