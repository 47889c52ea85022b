"""What the account asks of its clients: of everyone, and which workspaces have their own prices."""

from urllib.parse import urlencode

from starlette.responses import Response

from prepaid.domain.statements.prices import ANY_SKU, ANY_WORKSPACE
from prepaid.flows import client_prices, workspaces
from prepaid.web.dashboard import statement_words
from prepaid.web.dashboard.client_price import PATH, book_of
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

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
    text = query.search.strip().casefold()
    found = [
        row
        for row in await workspaces.ever(visit.desk, visit.account)
        if (row.number in counts or (row.archived_at is None and not query.own))
        and (text in row.name.casefold() or text in row.legal_name.casefold())
    ]
    last = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(query.page, 1), last)
    asked = await client_prices.asked(visit.desk, visit.account)
    price = book_of(asked).price(ANY_WORKSPACE, ANY_SKU)
    return visit.show(
        "client_prices.html",
        query=query,
        found=len(found),
        rows=found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        counts=counts,
        everyone=counts.get(ANY_WORKSPACE, 0),
        price=statement_words.price(price, asked.account.currency),
        before=_at(query, page - 1) if page > 1 else "",
        after=_at(query, page + 1) if page < last else "",
    )


def _at(query: ListQuery, page: int) -> str:
    said = {"search": query.search, "page": str(page)}
    return "?" + urlencode(said | ({"own": "true"} if query.own else {}))


PAGES = [Page("GET", PATH, listed)]
