"""Monthly statements: read them, and close the months that are over.

A month is closed by whoever looks first, or by the worker: with the account locked, when it is
over, its holds have ended, and every month before it is closed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from prepaid.domain.ids import AccountId, Owned, WorkspaceNumber
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.domain.statements import statement as rules
from prepaid.domain.statements.months import YEAR_MAX, Month, Period
from prepaid.domain.statements.settings import Logo
from prepaid.domain.statements.statement import Statement
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import fresh
from prepaid.flows.statement_making import Making, Owed, Reason
from prepaid.flows.statement_news import announce
from prepaid.store import accounts, statement_settings, statements, workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.vault import Connection

MONTHS_AT_ONCE = 120  # closed by one call; ten years
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
    return statement.month << WORKSPACE_BITS | statement.client.workspace


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
    await close(desk, account, month)

    def work(connection: Connection) -> list[Sheet]:
        pick: Pick = list if name is None else _only(_named(connection, account, name))
        return _of(desk, connection, account, month, pick)

    return await desk.vault.read(work)


async def page(
    desk: Desk, account: AccountId, month: Month, skip: int, limit: int
) -> tuple[list[Sheet], int]:
    """Some of a month's statements, in the same order, and how many there are.

    Raises:
        Refusal: 404 for the account, 400 naming `month`.
    """
    await close(desk, account, month)

    def work(connection: Connection) -> tuple[list[Sheet], int]:
        found: list[WorkspaceNumber] = []

        def pick(everybody: Sequence[WorkspaceNumber]) -> Sequence[WorkspaceNumber]:
            found.extend(everybody)
            return everybody[skip : skip + limit]

        return _of(desk, connection, account, month, pick), len(found)

    return await desk.vault.read(work)


async def one(desk: Desk, place: Owned) -> Sheet:
    """One statement.

    Raises:
        Refusal: `404 not_found`.
    """
    month, workspace = place_of(place.number)
    if month > LAST_MONTH:
        raise not_found("the statement")
    await close(desk, place.account, month)
    pick = _only({workspace})
    sheets = await desk.vault.read(lambda c: _of(desk, c, place.account, month, pick))
    if not sheets:
        raise not_found("the statement")
    return sheets[0]


async def months(desk: Desk, account: AccountId) -> list[MonthView]:
    """The months that have statements, the present one first.

    Raises:
        Refusal: `404 not_found`.
    """
    await close(desk, account)

    def work(connection: Connection) -> list[MonthView]:
        making = _making(desk, connection, existing(accounts.get(connection, account), account))
        first = making.closed[0].month if making.closed else making.open_month
        present = making.calendar.month_of(making.now)
        return [
            MonthView(making.calendar.period(month), making.calendar.is_closed(month))
            for month in range(present, first - 1, -1)
        ]

    return await desk.vault.read(work)


async def logo(desk: Desk, statement: Statement) -> Logo | None:
    """The picture in a statement's head."""
    wanted = statement.seller.logo
    if wanted is None:
        return None
    account = statement.account
    return await desk.vault.read(lambda c: statement_settings.get_logo(c, account, wanted))


async def close(desk: Desk, account: AccountId, until: Month | None = None) -> int:
    """Close the months that can be closed, in order; how many that were.

    Raises:
        Refusal: `404 not_found`.
    """
    await fresh(desk, account)
    done = 0
    while done < MONTHS_AT_ONCE:
        # First without a lock: mostly there is nothing to close, and what there is takes time.
        ready = await desk.vault.read(lambda c: _ready(desk, c, account, until))
        if ready is None or not await locked(desk, account, partial(_close_next, desk, ready)):
            break
        done += 1
    return done


def _making(desk: Desk, connection: Connection, row: AccountRow) -> Making:
    now = row.time(desk.vault.clock(connection))
    return Making(connection, row, now)


def _ready(
    desk: Desk, connection: Connection, account: AccountId, until: Month | None
) -> Owed | None:
    """What the month that can be closed comes to; None: no month can be."""
    making = _making(desk, connection, existing(accounts.get(connection, account), account))
    month = making.open_month
    if (until is not None and month > until) or making.why_open(month) is not None:
        return None
    return making.owed(month)


def _close_next(desk: Desk, ready: Owed, connection: Connection, row: AccountRow) -> bool:
    making, month = _making(desk, connection, row), ready.period.month
    if month != making.open_month or making.why_open(month) is not None:
        return False  # somebody else was faster
    last, prefix = statements.last_number(connection, row.id), making.settings.prefix
    owed = making.still_owed(ready)
    drafts = making.drafts(owed, making.clients(owed))
    made = [
        (number, replace(draft, number=rules.label(prefix, number), final_at=making.now))
        for number, draft in enumerate(drafts, last + 1)
    ]
    period = making.calendar.period(month)
    statements.close(connection, row.id, period, made, making.mark)
    if making.settings.automatic:
        after = Making(connection, row, making.now)
        due_at = after.calendar.period(after.open_month).ends
        statement_settings.put_off(connection, row.id, due_at)
        if period.ends > making.settings.automatic_since:
            final = [statement for _, statement in made]
            at = desk.vault.clock(connection)
            announce(connection, row, month, final, fired_at=making.now, at=at)
    return True


def _only(wanted: set[WorkspaceNumber]) -> Pick:
    return lambda found: [number for number in found if number in wanted]


def _of(
    desk: Desk,
    connection: Connection,
    account: AccountId,
    month: Month,
    pick: Pick,
) -> list[Sheet]:
    making = _making(desk, connection, existing(accounts.get(connection, account), account))
    if making.calendar.is_closed(month):
        among = pick(statements.billed_in(connection, account, month))
        final = statements.of_month(connection, account, month, among)
        return [Sheet(made, None) for made in final]
    if month > making.calendar.month_of(making.now):
        raise invalid("month", "must not be in the future")
    if month < making.open_month:
        return []  # before the first statement: what is told of it now is a correction
    # A hold may have ended since we looked whether the month can be closed: then the next one
    # who looks closes it.
    reason = making.why_open(month) or "holds_open"
    owed = making.owed(month)
    clients = {client.workspace: client for client in making.clients(owed)}
    picked = [clients[number] for number in pick(list(clients))]
    return [Sheet(draft, reason) for draft in making.drafts(owed, picked)]


def _named(connection: Connection, account: AccountId, name: str) -> set[WorkspaceNumber]:
    found = {row.number for row in workspaces.every(connection, account) if row.name == name}
    if not found:
        message = f"this account never had a workspace named {name!r}"
        raise Refusal("workspace_not_found", message, invalid("workspace", "is unknown").details)
    return found


async def paper(desk: Desk, sheet: Sheet) -> bytes:
    """A statement as PDF."""
    return await desk.printer.pdf(sheet.statement, await logo(desk, sheet.statement))
