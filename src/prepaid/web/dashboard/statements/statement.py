"""One statement: what stands on it, and the charges behind each of its lines."""

from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.statements import months
from prepaid.domain.statements.money import Price
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.statement import Line
from prepaid.flows.statements import charges as statement_charges
from prepaid.flows.statements import pages as statement_pages
from prepaid.flows.statements.charges import Behind
from prepaid.flows.statements.pages import Numbered
from prepaid.flows.statements.statement import number_at
from prepaid.web import accept, charge_lists
from prepaid.web.dashboard import paging
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.request_log import TONES
from prepaid.web.dashboard.statements import words
from prepaid.web.dashboard.statements.lists import PATH, PageQuery, place_of
from prepaid.web.endpoints import response_of
from prepaid.web.routing import Answer
from prepaid.web.shapes import Sku
from prepaid.web.statements.charges import FILE, pieces
from prepaid.web.statements.shapes import full

LINES_SIZE = 100
CHARGES_SIZE = 50


class LineQuery(Form, frozen=True, kw_only=True):
    """Which line, and where its list goes on."""

    sku: Sku
    month: str | None = None
    cursor: str | None = None


class Section(NamedTuple):
    """Lines of one month."""

    origin: Month
    month: str
    lines: list[Line]


async def show(visit: Visit) -> Response:
    """A statement, its lines some at a time."""
    query, place = visit.query(PageQuery), place_of(visit)
    linked = await statement_pages.one(visit.desk, place)
    made, lines = linked.sheet.statement, linked.sheet.statement.lines
    first = paging.skip(query.page, LINES_SIZE)
    part = lines[first : first + LINES_SIZE]
    before, after = paging.beside(query.page, {}, has_more=first + LINES_SIZE < len(lines))

    def link(one: Numbered) -> tuple[str, str, str]:
        name = ids.owned("stm", made.account, number_at(one.month, made.client.workspace))
        return months.text(one.month), one.number, visit.url(f"/statements/{name}")

    return visit.show(
        "statements/statement.html",
        row=full(linked.sheet),
        made=made,
        here=visit.url("/statements/" + visit.path["statement"]),
        period=words.period(made.starts, made.ends, made.time_zone),
        unit=lambda line: words.price(Price(line.per, line.price), made.currency),
        sections=[
            Section(origin, months.text(origin), list(found))
            for origin, found in groupby(part, lambda line: line.origin)
        ],
        corrects={one.month: link(one) for one in linked.corrects.values()},
        corrected_by=[link(one) for one in linked.corrected_by],
        before=before,
        after=after,
    )


async def charges(visit: Visit) -> Response:
    """Some of the charges behind a line, newest first."""
    query, line = await _line(visit)
    before = charge_lists.place_of(query.cursor)
    found = await statement_charges.page(visit.desk, line, before, CHARGES_SIZE)
    cursor = charge_lists.cursor_of(found.next)
    said = {"sku": query.sku} | ({} if query.month is None else {"month": query.month})
    return visit.show(
        "statements/charges.html",
        made=line.statement,
        sku=query.sku,
        origin=line.origin,
        shares=found.shares,
        tones=TONES,
        here=visit.url("/statements/" + visit.path["statement"]),
        asked=urlencode(said),
        older="" if cursor is None else "?" + urlencode(said | {"cursor": cursor}),
        newest="?" + urlencode(said) if query.cursor else "",
    )


async def charges_file(visit: Visit) -> Response:
    """All of the charges behind a line, as the API sends them."""
    _, line = await _line(visit)
    parts = pieces(statement_charges.stream(visit.desk.vault, line))
    return response_of(Answer(parts, headers=(FILE,), media_type=accept.CSV))


async def _line(visit: Visit) -> tuple[LineQuery, Behind]:
    query, place = visit.query(LineQuery), place_of(visit)
    origin = None if query.month is None else months.parse(query.month, "month")
    return query, await statement_charges.behind(visit.desk, place, query.sku, origin)


PAGES = [
    Page("GET", PATH + "/{statement}", show),
    Page("GET", PATH + "/{statement}/charges", charges),
    Page("GET", PATH + "/{statement}/charges.csv", charges_file),
]
