"""The statements of a month, of one client over the months, and their files."""

from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.ids import Owned
from prepaid.domain.refusals import not_found
from prepaid.domain.statements import months
from prepaid.flows import statement_pages, statements, workspaces
from prepaid.flows.statements import Sheet
from prepaid.web import parsing
from prepaid.web.dashboard import shown
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.endpoints import response_of
from prepaid.web.statement_files import FORMS, answer, archive
from prepaid.web.statement_shapes import summary

PAGE_SIZE = 100
MONTHS_SHOWN = 12


class MonthQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says."""

    month: str | None = None
    page: int = 1


class PageQuery(Form, frozen=True, kw_only=True):
    """Which page of a list."""

    page: int = 1


async def show(visit: Visit) -> Response:
    """The statements of a month."""
    query = visit.query(MonthQuery)
    wanted = None if query.month is None else months.parse(query.month, "month")
    first = (max(query.page, 1) - 1) * PAGE_SIZE
    listed = await statement_pages.of_month(visit.desk, visit.account, wanted, first, PAGE_SIZE)
    chosen = listed.month
    here = f"?month={months.text(chosen)}&page="
    return visit.show(
        "statements.html",
        month=months.text(chosen),
        title=shown.month(chosen),
        months=[
            (one.period.month, months.text(one.period.month), one.period.month == chosen)
            for one in listed.months[:MONTHS_SHOWN]
        ],
        rows=_rows(listed.sheets),
        found=listed.found,
        before=f"{here}{query.page - 1}" if query.page > 1 else "",
        after=f"{here}{query.page + 1}" if first + PAGE_SIZE < listed.found else "",
    )


async def of_client(visit: Visit) -> Response:
    """A workspace's statements, the latest month first."""
    query = visit.query(PageQuery)
    place = parsing.owned_id("ws", visit.path["workspace"], "the workspace")
    if place.account != visit.account:
        raise not_found("the workspace")
    row = await workspaces.one(visit.desk, visit.account, place.number)
    first = (max(query.page, 1) - 1) * MONTHS_SHOWN
    sheets, is_more = await statement_pages.of_client(
        visit.desk, visit.account, row.number, first, MONTHS_SHOWN
    )
    return visit.show(
        "client_statements.html",
        workspace=row,
        id=ids.owned("ws", visit.account, row.number),
        rows=_rows(sheets),
        before=f"?page={query.page - 1}" if query.page > 1 else "",
        after=f"?page={query.page + 1}" if is_more else "",
    )


def _rows(sheets: list[Sheet]) -> list[tuple[object, object]]:
    return [(summary(sheet), sheet.statement) for sheet in sheets]


def place_of(visit: Visit) -> Owned:
    """The statement that the path names.

    Raises:
        Refusal: `404 not_found`.
    """
    place = parsing.owned_id("stm", visit.path["statement"], "the statement")
    if place.account != visit.account:
        raise not_found("the statement")
    return place


async def file(visit: Visit) -> Response:
    """A statement as PDF, CSV or JSON."""
    place, ending = place_of(visit), visit.path["ending"]
    if ending not in FORMS:
        raise not_found("the statement")
    sheet = await statements.one(visit.desk, place)
    return response_of(await answer(visit.desk, sheet, FORMS[ending]))


async def whole_month(visit: Visit) -> Response:
    """Every statement of a month in one archive."""
    month = months.parse(visit.path["month"], "month")
    sheets = await statements.of_month(visit.desk, visit.account, month)
    return response_of(archive(visit.desk, sheets, month))


PATH = "/dashboard/{account}/statements"
PAGES = [
    Page("GET", PATH, show),
    Page("GET", PATH + "/archive/{month}.zip", whole_month),
    Page("GET", PATH + "/{statement}.{ending}", file),
    Page("GET", "/dashboard/{account}/workspaces/{workspace}/statements", of_client),
]
