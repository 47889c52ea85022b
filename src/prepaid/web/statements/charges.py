"""The charges behind a line of a statement: pages as JSON, all of them as a CSV stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from prepaid.domain.amounts import credit, credit_text
from prepaid.domain.ids import AccountId
from prepaid.domain.statements import months
from prepaid.flows.statements import charges as flow
from prepaid.flows.statements.charges import Share
from prepaid.web import accept, charge_lists, charges, csv_lines, parsing
from prepaid.web.charge_shapes import ChargeRecord
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Limit, Number, Page, Sku
from prepaid.web.statements.shapes import MonthText
from prepaid.web.statements.statement import BASE, OF_ACCOUNT, place

HEADINGS = (*charge_lists.HEADINGS, "lineCount", "lineCredits")
FILE = ("content-disposition", 'attachment; filename="statement-charges.csv"')


class LineQuery(Body, frozen=True, kw_only=True):
    """Which line. Without `month`, the one of the statement's own month."""

    sku: Sku
    month: MonthText | None = None
    limit: Limit | None = None
    cursor: str | None = None


class StatementCharge(ChargeRecord, frozen=True, kw_only=True):
    """A charge as it is now, and what it adds to the line's `count` and `credits`."""

    line_count: int
    line_credits: Number


class StatementChargePage(Page, frozen=True, kw_only=True):
    """The charges behind a line, newest first."""

    data: list[StatementCharge]


async def every(call: Call) -> Answer:
    """The charges a line bills, each with what it adds to it. As CSV all of them.

    The line of the statement's own month, or the correction of another, by `sku` and `month`.
    """
    return await _of(call, call.account, call.path["id"])


async def for_operator(call: Call) -> Answer:
    """The charges a line of an account's statement bills. As CSV all of them."""
    return await _of(call, parsing.account_id(call.path["id"]), call.path["statementId"])


async def _of(call: Call, account: AccountId, name: str) -> Answer:
    query: LineQuery = call.query
    origin = None if query.month is None else months.parse(query.month, "month")
    before = charge_lists.place_of(query.cursor)
    asked = call.request.headers.get("accept")
    is_file = accept.chosen(asked, (accept.JSON, accept.CSV)) == accept.CSV
    if is_file:
        charge_lists.check_whole(query.limit, query.cursor)
    line = await flow.behind(call.desk, place(account, name), query.sku, origin)
    if is_file:
        whole = pieces(flow.stream(call.desk.vault, line))
        return Answer(whole, headers=(accept.VARIES, FILE), media_type=accept.CSV)
    found = await flow.page(call.desk, line, before, query.limit or charge_lists.LIMIT)
    return Answer(
        StatementChargePage(
            data=[shown(share) for share in found.shares],
            next_cursor=charge_lists.cursor_of(found.next),
        ),
        headers=(accept.VARIES,),
    )


def shown(share: Share) -> StatementCharge:
    """A charge and its share, as answered."""
    head = charges.record(*share.tagged)
    return StatementCharge(
        **{name: getattr(head, name) for name in ChargeRecord.__struct_fields__},
        line_count=share.used.count,
        line_credits=credit(share.used.micros),
    )


async def pieces(parts: AsyncIterator[list[Share]]) -> AsyncIterator[bytes]:
    """The charges as a CSV file, piece by piece."""
    yield csv_lines.lines([HEADINGS])
    async for part in parts:
        # In a thread, so that other requests have their turn meanwhile.
        yield await asyncio.to_thread(csv_lines.lines, [_line(share) for share in part])


def _line(share: Share) -> Sequence[str | int]:
    used = share.used
    return (*charge_lists.line(*share.tagged), used.count, credit_text(used.micros))


ROUTES = [
    Route(
        "GET",
        BASE + "/{id}/charges",
        every,
        "Charges behind a line of a statement",
        who="account",
        query=LineQuery,
        answer=StatementChargePage,
        also_as=(accept.CSV,),
    ),
    Route(
        "GET",
        OF_ACCOUNT + "/{statementId}/charges",
        for_operator,
        "Charges behind a line of an account's statement",
        query=LineQuery,
        answer=StatementChargePage,
        also_as=(accept.CSV,),
    ),
]
