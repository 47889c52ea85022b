"""What an account reads of its money: usage per workspace and SKU, balance, ledger."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal, NamedTuple

from prepaid.domain.alerting import Config
from prepaid.domain.entries import Entry
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, day_of
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.topups.caps import AutoTopup
from prepaid.domain.usage import Grain
from prepaid.flows.desk import Desk
from prepaid.flows.metering import fresh
from prepaid.store import alerting, ledger, usage, workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.rollups import NO_PERIOD
from prepaid.store.topups import payers
from prepaid.store.usage import Line
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

__all__ = ["Line"]  # of a report

BEGINNING: Instant = 0
END: Instant = 2_900_000 * DAY  # in the year 9909: after every charge, still a date


class WorkspaceUsage(NamedTuple):
    """One row of the report; workspace None is the account-wide bucket."""

    workspace: WorkspaceRow | None
    lines: list[Line]
    period: int = NO_PERIOD  # day number of its first day


async def usage_report(
    desk: Desk,
    account: AccountId,
    start: Instant = BEGINNING,
    end: Instant = END,
    name: str | None = None,
    grain: Grain | None = None,
) -> list[WorkspaceUsage]:
    """Usage of charges reserved in `[start, end)`, by workspace, and by period if asked.

    Every active workspace has a row; archived ones and the account-wide bucket have one when
    they have usage. `name` keeps every workspace that ever had it. Told apart by period, only
    what has usage in a period has a row there, the earliest period first.

    Raises:
        Refusal: `400 workspace_not_found`; 400 naming `groupBy` when there are too many lines.
    """
    today = day_of((await fresh(desk, account)).time(desk.clock()))

    def work(connection: Connection) -> tuple[list[WorkspaceRow], list[Line]]:
        rows = workspaces.every(connection, account)
        return rows, usage.report(connection, account, start, end, today, grain)

    try:
        rows, lines = await desk.vault.read(work)
    except usage.TooLong as error:
        needs = f"would give more than {usage.LINES_MAX} lines; ask for fewer days"
        raise invalid("groupBy", needs) from error
    places: list[WorkspaceRow | None] = [*rows, None]
    if name is not None:
        places = [row for row in rows if row.name == name]
        if not places:
            raise workspace_unknown(name)
    if grain is not None:
        return _by_period(places, lines)
    return [
        row
        for row in _rows(places, lines)
        if row.lines or (row.workspace and row.workspace.archived_at is None)
    ]


def workspace_unknown(name: str) -> Refusal:
    """`400 workspace_not_found`, for a filter."""
    message = f"this account never had a workspace {name!r}"
    return Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)


def _by_period(
    places: Sequence[WorkspaceRow | None], lines: Iterable[Line]
) -> list[WorkspaceUsage]:
    return [
        row._replace(period=period)
        for period, part in groupby(lines, attrgetter("period"))
        for row in _rows(places, part)
        if row.lines
    ]


def _rows(places: Iterable[WorkspaceRow | None], lines: Iterable[Line]) -> list[WorkspaceUsage]:
    found: dict[WorkspaceNumber, list[Line]] = {}
    for line in lines:
        found.setdefault(line.workspace, []).append(line)
    return [
        WorkspaceUsage(row, found.get(ACCOUNT_WIDE if row is None else row.number, []))
        for row in places
    ]


class Balance(NamedTuple):
    """The account with its exact balance, its low-balance rules, and its auto top-up."""

    row: AccountRow
    config: Config
    auto: AutoTopup

    @property
    def status(self) -> Literal["ok", "low", "depleted"]:
        """Low at or below the highest tier, whether or not anybody is told."""
        if self.row.balance <= 0:
            return "depleted"
        highest = max(tier.micros for tier in self.config.low_balance_tiers)
        return "low" if self.row.balance <= highest else "ok"


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
