"""What the account asks of its clients: of everyone, and which workspaces have their own prices."""

from starlette.responses import Response

from prepaid.domain.statements.prices import ANY_SKU, ANY_WORKSPACE
from prepaid.flows import workspaces
from prepaid.flows.statements import client_prices
from prepaid.web.dashboard import paging
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.statements import words
from prepaid.web.dashboard.statements.client_price import PATH

PAGE_SIZE = 25


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the list says."""

    search: str = ""
    own: bool = False
    page: int = 1


async def listed(visit: Visit) -> Response:
    """The price of everyone, and the workspaces: whose prices hold for each."""
    query = visit.query(ListQuery)
    counts = await client_prices.counts(visit.desk, visit.account)
    text = query.search.strip()
    found = [
        row
        for row in await workspaces.ever(visit.desk, visit.account)
        if (row.number in counts or (row.archived_at is None and not query.own))
        and row.is_like(text)
    ]
    page, shown = paging.part(found, query.page, PAGE_SIZE)
    before, after = paging.beside(page, _said(query), has_more=page * PAGE_SIZE < len(found))
    asked = await client_prices.asked(visit.desk, visit.account)
    price = asked.book.price(ANY_WORKSPACE, ANY_SKU)
    return visit.show(
        "statements/client_prices.html",
        query=query,
        found=len(found),
        rows=shown,
        counts=counts,
        everyone=counts.get(ANY_WORKSPACE, 0),
        price=words.price(price, asked.account.currency),
        before=before,
        after=after,
    )


def _said(query: ListQuery) -> dict[str, str]:
    return {"search": query.search} | ({"own": "true"} if query.own else {})


PAGES = [Page("GET", PATH, listed)]
