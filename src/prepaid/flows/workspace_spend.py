"""Workspaces with what they spent in a time, who spent most first, page by page."""

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.usage import Days
from prepaid.flows.desk import Desk
from prepaid.store import spending, workspaces
from prepaid.store.spending import Spent
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

PAGE_MAX = 200


class WorkspaceSpend(Struct, frozen=True):
    """A workspace and what it used; no workspace: the account-wide bucket."""

    workspace: WorkspaceRow | None
    requests: int
    micros: Micros


class SpendPage(Struct, frozen=True):
    """Some of the rows, and what all of them come to."""

    rows: list[WorkspaceSpend]
    found: int  # rows on all pages
    requests: int
    micros: Micros


async def page(
    desk: Desk,
    account: AccountId,
    *,
    days: Days,
    search: str = "",
    archived: bool = False,
    skip: int = 0,
    limit: int = 50,
) -> SpendPage:
    """Workspaces by their spend on these days, then by name.

    Args:
        desk: whose database is read.
        account: whose workspaces.
        days: which days.
        search: a part of the name or legal name; empty: all, with the account-wide bucket.
        archived: whether archived ones are wanted too, though they have spent nothing.
        skip: rows of the pages before.
        limit: rows of the page, at most 200.
    """

    def work(connection: Connection) -> list[WorkspaceSpend]:
        spent = spending.by_workspace(connection, account, days)
        rows = [
            WorkspaceSpend(row, *spent.get(row.number, Spent(0, 0)))
            for row in workspaces.every(connection, account)
            if row.archived_at is None or archived or row.number in spent
        ]
        if ACCOUNT_WIDE in spent:
            rows.append(WorkspaceSpend(None, *spent[ACCOUNT_WIDE]))
        return rows

    rows = [row for row in await desk.vault.read(work) if _is_found(row, search)]
    rows.sort(key=lambda row: (-row.micros, row.workspace.name if row.workspace else ""))
    return SpendPage(
        rows[skip : skip + min(limit, PAGE_MAX)],
        len(rows),
        sum(row.requests for row in rows),
        sum(row.micros for row in rows),
    )


def _is_found(row: WorkspaceSpend, search: str) -> bool:
    return not search or (row.workspace is not None and row.workspace.is_like(search))
