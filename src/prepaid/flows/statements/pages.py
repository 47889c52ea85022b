"""Statements as pages show them: a bounded part of a month, of a client's months, and one whole."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from prepaid.domain.ids import AccountId, Owned, WorkspaceNumber
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.statement import Statement
from prepaid.flows.desk import Desk
from prepaid.flows.statements.closing import settled
from prepaid.flows.statements.making import Making
from prepaid.flows.statements.statement import (
    MonthView,
    Sheet,
    month_at,
    months_of,
    only,
    sheet_at,
    sheets_of,
)
from prepaid.store.statements import statement as statements
from prepaid.store.statements.statement import Numbered
from prepaid.store.vault import Connection

__all__ = ["Numbered"]


class Listed(NamedTuple):
    """Some of a month's statements."""

    month: Month
    sheets: list[Sheet]
    found: int  # all of the month
    months: list[MonthView]  # that have statements, the present one first


class Linked(NamedTuple):
    """One statement, and those it has to do with."""

    sheet: Sheet
    corrects: dict[Month, Numbered]  # earlier ones of which it bills changes
    corrected_by: list[Numbered]  # later ones that bill changes of it


async def of_month(
    desk: Desk, account: AccountId, month: Month | None, skip: int, limit: int
) -> Listed:
    """Some of a month's statements, of the present month without one.

    Raises:
        Refusal: 404 for the account, 400 naming `month`.
    """

    def work(connection: Connection, making: Making) -> Listed:
        known, found = months_of(making), 0
        chosen = known[0].period.month if month is None else month

        def pick(everybody: Sequence[WorkspaceNumber]) -> Sequence[WorkspaceNumber]:
            nonlocal found
            found = len(everybody)
            return everybody[skip : skip + limit]

        sheets = sheets_of(connection, making, chosen, pick)
        return Listed(chosen, sheets, found, known)

    return await settled(desk, account, None, work)


async def of_client(
    desk: Desk, account: AccountId, workspace: WorkspaceNumber, skip: int, limit: int
) -> tuple[list[Sheet], bool]:
    """A workspace's statements of some months, the latest first; whether there are older months.

    Raises:
        Refusal: 404 for the account.
    """

    def work(connection: Connection, making: Making) -> tuple[list[Sheet], bool]:
        known = months_of(making)
        shown = known[skip : skip + limit]
        final = statements.of_client(
            connection, account, workspace, [one.period.month for one in shown if one.is_final]
        )
        drafts = [
            sheet
            for one in shown
            if not one.is_final
            for sheet in sheets_of(connection, making, one.period.month, only({workspace}))
        ]
        return [*drafts, *(Sheet(made, None) for made in final)], len(known) > skip + limit

    return await settled(desk, account, None, work)


async def one(desk: Desk, place: Owned) -> Linked:
    """One statement, with those before and after it that bill changes of the same usage.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, making: Making) -> Linked:
        sheet = sheet_at(connection, making, place)
        made = sheet.statement
        origins = {line.origin for line in made.lines} - {made.month}
        earlier = _numbered(connection, made, origins)
        later: list[Numbered] = []
        if sheet.why_draft is None:
            workspace = made.client.workspace
            found = statements.corrections(connection, made.account, made.month, workspace)
            later = list(_numbered(connection, made, found).values())
        return Linked(sheet, earlier, later)

    return await settled(desk, place.account, month_at(place), work)


def _numbered(
    connection: Connection, made: Statement, months: Collection[Month]
) -> dict[Month, Numbered]:
    found = statements.numbered(connection, made.account, made.client.workspace, months)
    return {one.month: one for one in found}
