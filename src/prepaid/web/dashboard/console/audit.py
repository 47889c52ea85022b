"""The audit log of the whole house: what people changed, in every account and in the price list."""

from urllib.parse import urlencode

from starlette.responses import Response

from prepaid.flows import audit
from prepaid.flows.audit import Place
from prepaid.web import parsing
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

PAGE_SIZE = 50


class AuditQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says: one account, and where the page begins."""

    account: str | None = None
    at: int | None = None
    of: int | None = None
    before: int | None = None


async def show(visit: Visit) -> Response:
    """The lines, newest first."""
    query = visit.query(AuditQuery)
    rows = await _rows(visit, query)
    shown = rows[:PAGE_SIZE]
    return visit.show(
        "console/audit.html",
        query=query,
        rows=shown,
        newest=_address(query) if query.before is not None else "",
        older=_address(query, shown[-1]) if len(rows) > PAGE_SIZE else "",
    )


async def _rows(visit: Visit, query: AuditQuery) -> list[audit.Kept]:
    most = PAGE_SIZE + 1
    if query.account is not None:
        account = parsing.account_id(query.account.strip(), "account")
        asked = {} if query.before is None else {"before": query.before}
        return await audit.page(visit.desk, account, limit=most, **asked)
    place = None
    if query.at is not None and query.before is not None:
        place = Place(query.at, query.of or audit.HOUSE, query.before)
    return await audit.every(visit.desk, place, most)


def _address(query: AuditQuery, last: audit.Kept | None = None) -> str:
    said = {} if query.account is None else {"account": query.account}
    if last is not None:
        said |= {"at": str(last.at), "of": str(last.line.account), "before": str(last.number)}
    return "?" + urlencode(said)


PAGES = [Page("GET", "/operator/audit", show, who="operator")]
