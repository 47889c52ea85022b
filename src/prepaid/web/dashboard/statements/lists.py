"""The statements of a month, of one client over the months, and their files."""

from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.ids import Owned
from prepaid.domain.refusals import not_found
from prepaid.domain.statements import months
from prepaid.flows import workspaces
from prepaid.flows.statements import pages as statement_pages
from prepaid.flows.statements import statement as statements
from prepaid.flows.statements.statement import Sheet
from prepaid.web.dashboard import paging, shown
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.endpoints import response_of
from prepaid.web.statements.files import FORMS, answer, archive
from prepaid.web.statements.shapes import summary

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
    first = paging.skip(query.page, PAGE_SIZE)
    listed = await statement_pages.of_month(visit.desk, visit.account, wanted, first, PAGE_SIZE)
    chosen = listed.month
    said, has_more = {"month": months.text(chosen)}, first + PAGE_SIZE < listed.found
    before, after = paging.beside(query.page, said, has_more=has_more)
    return visit.show(
        "statements/month.html",
        month=months.text(chosen),
        title=shown.month(chosen),
        months=[
            (one.period.month, months.text(one.period.month), one.period.month == chosen)
            for one in listed.months[:MONTHS_SHOWN]
        ],
        rows=_rows(listed.sheets),
        found=listed.found,
        before=before,
        after=after,
    )


async def of_client(visit: Visit) -> Response:
    """A workspace's statements, the latest month first."""
    query = visit.query(PageQuery)
    number = visit.named("ws", "workspace", "the workspace").number
    row = await workspaces.one(visit.desk, visit.account, number)
    first = paging.skip(query.page, MONTHS_SHOWN)
    sheets, has_more = await statement_pages.of_client(
        visit.desk, visit.account, number, first, MONTHS_SHOWN
    )
    before, after = paging.beside(query.page, {}, has_more=has_more)
    return visit.show(
        "statements/client.html",
        workspace=row,
        id=ids.owned("ws", visit.account, row.number),
        rows=_rows(sheets),
        before=before,
        after=after,
    )


def _rows(sheets: list[Sheet]) -> list[tuple[object, object]]:
    return [(summary(sheet), sheet.statement) for sheet in sheets]


def place_of(visit: Visit) -> Owned:
    """The statement that the path names.

    Raises:
        Refusal: `404 not_found`.
    """
    return visit.named("stm", "statement", "the statement")


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
