"""The workspaces page: who spends what, new ones, and the ones taken out of use."""

from starlette.responses import Response

from prepaid.domain.instants import day_of
from prepaid.domain.usage import Days
from prepaid.flows import limits, workspace_spend, workspaces
from prepaid.flows.metering import fresh
from prepaid.web import parsing
from prepaid.web.dashboard import paging
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.shapes import LegalName, WorkspaceName
from prepaid.web.workspaces import LEGAL_NAME_MAX

PAGE_SIZE = 50
DAYS = 30


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says."""

    search: str = ""
    archived: bool = False
    page: int = 1


class NewForm(Form, frozen=True, kw_only=True):
    """A new workspace."""

    name: WorkspaceName
    legal_name: LegalName


async def show(visit: Visit) -> Response:
    """The workspaces, who spent most first."""
    query = visit.query(ListQuery)
    account = await fresh(visit.desk, visit.account)
    now = account.time(visit.desk.clock())
    today = day_of(now)
    found = await workspace_spend.page(
        visit.desk,
        visit.account,
        days=Days(today - DAYS + 1, today + 1, today),
        search=query.search.strip(),
        archived=query.archived,
        skip=paging.skip(query.page, PAGE_SIZE),
        limit=PAGE_SIZE,
    )
    before, after = paging.beside(
        query.page, _said(query), has_more=query.page * PAGE_SIZE < found.found
    )
    standings = {one.row.number: one for one in await limits.at(visit.desk, visit.account, now)}
    return visit.show(
        "workspaces.html",
        query=query,
        spend=found,
        standings=standings,
        before=before,
        after=after,
    )


def _said(query: ListQuery) -> dict[str, str]:
    return {"search": query.search} | ({"archived": "true"} if query.archived else {})


async def create(visit: Visit) -> Response:
    """A new workspace."""
    wanted = visit.form(NewForm)
    legal_name = parsing.plain_text(wanted.legal_name, "legalName", LEGAL_NAME_MAX)
    made = await visit.noted(
        workspaces.create(visit.desk, visit.account, wanted.name, legal_name),
        "workspace created",
        wanted.name,
        legal_name,
    )
    return visit.go(visit.url("/workspaces"), f"The workspace {made.name} is there.")


PAGES = [
    Page("GET", "/dashboard/{account}/workspaces", show),
    Page("POST", "/dashboard/{account}/workspaces", create, again=show),
]
