"""The charges behind a line of a statement, with what each adds to it, a bounded step at a time.

A line bills its charges between two closings. A charge is told with what it came to at the one
less what it came to at the other, so those of a final statement are the same for ever.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple

from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.refusals import invalid
from prepaid.domain.statements import explanation
from prepaid.domain.statements.explanation import Span
from prepaid.domain.statements.months import Calendar, Month
from prepaid.domain.statements.statement import Statement, Used
from prepaid.flows.charge_lists import STEPS_MAX, STREAM_ROWS, Reader
from prepaid.flows.desk import Desk
from prepaid.flows.statements.closing import settled
from prepaid.flows.statements.making import Making, zone_of
from prepaid.flows.statements.statement import month_at, sheet_at
from prepaid.store import charge_lists
from prepaid.store.charge_lists import Place, Wanted
from prepaid.store.ledger import Tagged
from prepaid.store.statements import charges as statement_charges
from prepaid.store.statements import statement as statements
from prepaid.store.vault import Connection


class Share(NamedTuple):
    """A charge, and what it adds to a line."""

    tagged: Tagged
    used: Used


class Behind(NamedTuple):
    """How the charges behind a line are found."""

    account: AccountId
    wanted: Wanted
    span: Span
    statement: Statement
    origin: Month  # of the charges


class Page(NamedTuple):
    """Some charges, newest first, and where the list goes on; None: that was all."""

    shares: list[Share]
    next: Place | None


async def behind(desk: Desk, place: Owned, sku: str, origin: Month | None) -> Behind:
    """The line of a SKU: of the statement's own month, or of an earlier one that it corrects.

    Raises:
        Refusal: `404 not_found`, 400 naming `month`.
    """

    def work(connection: Connection, making: Making) -> Behind:
        made = sheet_at(connection, making, place).statement
        month = made.month if origin is None else origin
        if month > made.month:
            raise invalid("month", "must not be after the statement's own")
        return _behind(connection, made, sku, month)

    return await settled(desk, place.account, month_at(place), work)


def _behind(connection: Connection, made: Statement, sku: str, origin: Month) -> Behind:
    marks = statement_charges.marks(connection, made.account)
    until = marks.get(made.month)
    # Months as they were at the closing: a time zone chosen since does not move them.
    closed = [one for one in statements.closed(connection, made.account) if one.month <= made.month]
    period = Calendar(closed, zone_of(made.time_zone)).period(origin)
    after = None if origin == made.month else marks.get(made.month - 1)
    bills = origin == made.month or after is not None
    return Behind(
        made.account,
        Wanted(
            start=period.starts,
            end=period.ends if bills else period.starts,
            workspaces=(made.client.workspace,),
            sku=sku,
            statuses=("held", "settled"),
            moved_after=after,
        ),
        Span(after, until),
        made,
        origin,
    )


async def page(desk: Desk, line: Behind, before: Place | None, limit: int) -> Page:
    """At most `limit` charges before a place. With rare ones it may be short, even empty."""
    found: list[Share] = []
    place: Place | None = before or line.wanted.top
    for _ in range(STEPS_MAX):
        assert place is not None, "the end of the list ends the loop"
        step = await _step(desk.vault, line, place, limit + 1)
        found, place = found + step.shares, step.next
        if len(found) > limit:
            last = found[limit - 1].tagged.charge
            return Page(found[:limit], Place(last.reserved_at, last.seq))
        if place is None:
            break
    return Page(found, place)


async def stream(reader: Reader, line: Behind) -> AsyncIterator[list[Share]]:
    """All the charges behind a line, newest first, some at a time."""
    place: Place | None = line.wanted.top
    while place is not None:
        step = await _step(reader, line, place, STREAM_ROWS)
        if step.shares:
            yield step.shares
        place = step.next


async def _step(reader: Reader, line: Behind, before: Place, limit: int) -> Page:
    def work(connection: Connection) -> Page:
        step = charge_lists.step(connection, line.account, line.wanted, before, limit)
        refunded = [c.seq for c, _ in step.charges if c.amount != c.ended_amount]
        refunds = statement_charges.refunds(connection, line.account, refunded)
        shares = [
            Share(one, explanation.share(one.charge, refunds.get(one.charge.seq, ()), line.span))
            for one in step.charges
        ]
        return Page([one for one in shares if one.used != Used(0, 0)], step.next)

    return await reader.read(work)
