"""How an account stands, on one page: balance, spend, how long it lasts, its own tiers."""

from typing import NamedTuple

from msgspec import Struct

from prepaid.domain import spending
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.instants import Instant, day_of
from prepaid.domain.spending import Series, Spending
from prepaid.domain.usage import Days
from prepaid.flows import tier_states
from prepaid.flows.desk import Desk, existing
from prepaid.flows.tier_states import State
from prepaid.store import accounts, workspaces
from prepaid.store import spending as stored
from prepaid.store.accounts import AccountRow
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

__all__ = ["AccountRow", "Series", "Spending", "WorkspaceRow"]


class Overview(Struct, frozen=True):
    """What the first page shows. Micro-credits; days are UTC days of the account's clock."""

    row: AccountRow
    now: Instant
    spending: Spending
    names: dict[int, WorkspaceRow]  # of the workspaces that have a series; not the account-wide one
    rate: Micros  # mean spend per day, lately
    days_left: int | None  # None: nothing was spent lately, or too short a time
    tiers: State  # without workspaces


async def overview(desk: Desk, account: AccountId) -> Overview:
    """How the account stands now. Reads rollups, so charges are not what it takes time by.

    Raises:
        Refusal: `404 not_found`.
    """
    tiers = await tier_states.of_account(desk, account)
    now = tiers.now

    def work(connection: Connection) -> _Read:
        row = existing(accounts.get(connection, account), account)
        first = spending.first_day_of(now)
        days = Days(first, first + spending.MONTH_DAYS, day_of(now))
        cells = stored.cells(connection, account, days, spending.SERIES_MAX)
        spent = spending.spending(cells, first)
        shown = {one.workspace for one in spent.series} - {ACCOUNT_WIDE, None}
        rows = {one.number: one for one in workspaces.every(connection, account)}
        return _Read(row, spent, {n: rows[n] for n in sorted(rows.keys() & shown)})

    read = await desk.vault.read(work)
    row = read.row
    age = now - read.spending.since(row.created_at)
    rate = spending.daily_rate(read.spending.week, now, age)
    left = spending.days_left(row.balance - (row.floor or 0), rate, age)
    return Overview(row, now, read.spending, read.names, rate, left, tiers)


class _Read(NamedTuple):
    row: AccountRow
    spending: Spending
    names: dict[int, WorkspaceRow]
