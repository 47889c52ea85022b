"""Monthly statements as they are read: of a month, of a client, one of them, on paper."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from prepaid.domain.ids import AccountId, Owned, WorkspaceNumber
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.domain.statements.months import YEAR_MAX, Month, Period
from prepaid.domain.statements.settings import Logo
from prepaid.domain.statements.statement import Statement
from prepaid.flows.desk import Desk
from prepaid.flows.statements.closing import settled
from prepaid.flows.statements.making import Making, Reason
from prepaid.store import workspaces
from prepaid.store.statements import settings as statement_settings
from prepaid.store.statements import statement as statements
from prepaid.store.vault import Connection

LAST_MONTH: Month = 12 * YEAR_MAX
WORKSPACE_BITS = 31  # of a statement's number in its id; the month stands above


# Of all who have a statement, those whose is wanted.
Pick = Callable[[Sequence[WorkspaceNumber]], Sequence[WorkspaceNumber]]


class Sheet(NamedTuple):
    """A statement, and why it is a draft; None: it is final."""

    statement: Statement
    why_draft: Reason | None


class MonthView(NamedTuple):
    """A month that has statements."""

    period: Period
    is_final: bool


def number_of(statement: Statement) -> int:
    """The number in a statement's id: the same while it is a draft and after."""
    return number_at(statement.month, statement.client.workspace)


def number_at(month: Month, workspace: WorkspaceNumber) -> int:
    """The number in the id of a workspace's statement of a month."""
    return month << WORKSPACE_BITS | workspace


def place_of(number: int) -> tuple[Month, WorkspaceNumber]:
    """The month and workspace that the number of an id means."""
    return number >> WORKSPACE_BITS, number & ((1 << WORKSPACE_BITS) - 1)


async def of_month(
    desk: Desk, account: AccountId, month: Month, name: str | None = None
) -> list[Sheet]:
    """The statements of a month, by workspace, the account-wide bucket last.

    Args:
        desk: the parts to work with.
        account: whose.
        month: one that has begun.
        name: only workspaces that ever had this name.

    Raises:
        Refusal: 404 for the account, 400 naming `month` or `workspace`.
    """

    def work(connection: Connection, making: Making) -> list[Sheet]:
        pick: Pick = list if name is None else only(_named(connection, account, name))
        return sheets_of(connection, making, month, pick)

    return await settled(desk, account, month, work)


async def one(desk: Desk, place: Owned) -> Sheet:
    """One statement.

    Raises:
        Refusal: `404 not_found`.
    """
    return await settled(
        desk, place.account, month_at(place), lambda c, making: sheet_at(c, making, place)
    )


def month_at(place: Owned) -> Month:
    """The month that a statement's id means.

    Raises:
        Refusal: `404 not_found`: no month is so late.
    """
    month, _ = place_of(place.number)
    if month > LAST_MONTH:
        raise not_found("the statement")
    return month


def sheet_at(connection: Connection, making: Making, place: Owned) -> Sheet:
    """One statement, inside a read.

    Raises:
        Refusal: `404 not_found`.
    """
    month, workspace = place_of(place.number)
    if month > making.calendar.month_of(making.now):
        raise not_found("the statement")
    sheets = sheets_of(connection, making, month, only({workspace}))
    if not sheets:
        raise not_found("the statement")
    return sheets[0]


async def months(desk: Desk, account: AccountId) -> list[MonthView]:
    """The months that have statements, the present one first.

    Raises:
        Refusal: `404 not_found`.
    """
    return await settled(desk, account, None, lambda _, making: months_of(making))


def months_of(making: Making) -> list[MonthView]:
    """The months that have statements, the present one first."""
    first = making.closed[0].month if making.closed else making.open_month
    present = making.calendar.month_of(making.now)
    return [
        MonthView(making.calendar.period(month), making.calendar.is_closed(month))
        for month in range(present, first - 1, -1)
    ]


async def logo(desk: Desk, statement: Statement) -> Logo | None:
    """The picture in a statement's head."""
    wanted = statement.seller.logo
    if wanted is None:
        return None
    account = statement.account
    return await desk.vault.read(lambda c: statement_settings.get_logo(c, account, wanted))


def only(wanted: set[WorkspaceNumber]) -> Pick:
    """Those of some workspaces."""
    return lambda found: [number for number in found if number in wanted]


def sheets_of(connection: Connection, making: Making, month: Month, pick: Pick) -> list[Sheet]:
    """The statements of a month that are picked; only what these come to is read.

    Raises:
        Refusal: 400 naming `month`: it has not begun.
    """
    if making.calendar.is_closed(month):
        among = pick(statements.billed_in(connection, making.account, month))
        final = statements.of_month(connection, making.account, month, among)
        return [Sheet(made, None) for made in final]
    if month > making.calendar.month_of(making.now):
        raise invalid("month", "must not be in the future")
    if month < making.open_month:
        return []  # before the first statement: what is told of it now is a correction
    # A hold may have ended since we looked whether the month can be closed: then the next one
    # who looks closes it.
    reason = making.why_open(month) or "holds_open"
    clients = {client.workspace: client for client in making.clients(month)}
    picked = pick(list(clients))
    drafts = making.drafts(making.owed(month, picked), [clients[number] for number in picked])
    return [Sheet(draft, reason) for draft in drafts]


def _named(connection: Connection, account: AccountId, name: str) -> set[WorkspaceNumber]:
    found = {row.number for row in workspaces.every(connection, account) if row.name == name}
    if not found:
        message = f"this account never had a workspace named {name!r}"
        raise Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)
    return found


async def paper(desk: Desk, sheet: Sheet) -> bytes:
    """A statement as PDF."""
    return await desk.printer.pdf(sheet.statement, await logo(desk, sheet.statement))
