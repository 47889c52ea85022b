"""Closes the months that are over, and reads statements once that is done.

A month is closed by whoever looks first, or by the worker: with the account locked, when it is
over, its holds have ended, and every month before it is closed.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from prepaid.domain.ids import AccountId
from prepaid.domain.statements import statement as rules
from prepaid.domain.statements.months import Month
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import fresh
from prepaid.flows.statements.making import Making, Owed
from prepaid.flows.statements.news import announce
from prepaid.store import accounts
from prepaid.store.accounts import AccountRow
from prepaid.store.statements import settings as statement_settings
from prepaid.store.statements import statement as statements
from prepaid.store.vault import Connection

T = TypeVar("T")

MONTHS_AT_ONCE = 120  # closed by one call; ten years


async def settled(
    desk: Desk, account: AccountId, until: Month | None, work: Callable[[Connection, Making], T]
) -> T:
    """What `work` reads, with the months until one closed that can be, and no hold overdue.

    Mostly there is nothing to close, and then this is one read.

    Raises:
        Refusal: `404 not_found`, and what `work` refuses.
    """

    def first(connection: Connection) -> tuple[T] | None:
        making = _making_of(desk, connection, account)
        if making.has_due_holds or making.can_close(until):
            return None
        return (work(connection, making),)

    found = await desk.vault.read(first)
    if found is not None:
        return found[0]
    await close(desk, account, until)
    return await desk.vault.read(lambda c: work(c, _making_of(desk, c, account)))


async def close(desk: Desk, account: AccountId, until: Month | None = None) -> int:
    """Close the months that can be closed, in order; how many that were.

    Raises:
        Refusal: `404 not_found`.
    """
    await fresh(desk, account)
    done = 0
    while done < MONTHS_AT_ONCE:
        # First without a lock: what there is to close takes time.
        ready = await desk.vault.read(lambda c: _ready(desk, c, account, until))
        if ready is None or not await locked(desk, account, partial(_close_next, desk, ready)):
            break
        done += 1
    return done


def _making_of(desk: Desk, connection: Connection, account: AccountId) -> Making:
    return _making(desk, connection, existing(accounts.get(connection, account), account))


def _making(desk: Desk, connection: Connection, row: AccountRow) -> Making:
    return Making(connection, row, row.time(desk.vault.clock(connection)))


def _ready(
    desk: Desk, connection: Connection, account: AccountId, until: Month | None
) -> Owed | None:
    """What the month that can be closed comes to; None: no month can be."""
    making = _making_of(desk, connection, account)
    return making.owed(making.open_month) if making.can_close(until) else None


def _close_next(desk: Desk, ready: Owed, connection: Connection, row: AccountRow) -> bool:
    making = _making(desk, connection, row)
    month = ready.period.month
    if not making.can_close(month) or month != making.open_month:
        return False  # somebody else was faster
    last, prefix = statements.last_number(connection, row.id), making.settings.prefix
    owed = making.still_owed(ready)
    drafts = making.drafts(owed, making.clients(month, owed))
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
