"""The audit log of an account: what people changed here, and the operator in its name."""

from starlette.responses import Response

from prepaid.flows import audit
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

PAGE_SIZE = 50


class AuditQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says: only lines numbered below this."""

    before: int | None = None


async def show(visit: Visit) -> Response:
    """The lines, newest first."""
    before = visit.query(AuditQuery).before
    asked = {} if before is None else {"before": before}
    rows = await audit.page(visit.desk, visit.account, limit=PAGE_SIZE + 1, **asked)
    shown = rows[:PAGE_SIZE]
    return visit.show(
        "audit.html",
        rows=shown,
        newest=visit.url("/audit") if before is not None else "",
        older=f"?before={shown[-1].number}" if len(rows) > PAGE_SIZE else "",
    )


PAGES = [Page("GET", "/dashboard/{account}/audit", show)]
