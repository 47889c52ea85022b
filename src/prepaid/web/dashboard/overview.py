"""The overview: the balance and how long it lasts, spend by day, tiers, what was sent last."""

from starlette.responses import Response

from prepaid.domain.ids import ACCOUNT_WIDE
from prepaid.flows import alerting, overview, reports, workspaces
from prepaid.flows.overview import Overview
from prepaid.web.dashboard.chart_data import Chart, chart
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.told import told

RECENT = 6


async def show(visit: Visit) -> Response:
    """How the account stands."""
    found = await overview.overview(visit.desk, visit.account)
    return visit.show(
        "overview.html",
        overview=found,
        balance=await reports.balance(visit.desk, visit.account),
        chart=_chart(found) if found.spending.month else None,
        recent=await _recent(visit),
    )


async def balance(visit: Visit) -> Response:
    """The balance alone, which a page asks for again and again."""
    found = await reports.balance(visit.desk, visit.account)
    return visit.show("_balance.html", balance=found)


async def recent(visit: Visit) -> Response:
    """The last notifications alone."""
    return visit.show("_recent.html", recent=await _recent(visit))


async def _recent(visit: Visit) -> list[object]:
    rows = await alerting.recent(visit.desk, visit.account, limit=RECENT)
    names: dict[int, str] = {}
    if any(row.notification.scope for row in rows):
        places = await workspaces.every(visit.desk, visit.account)
        names = {place.number: place.name for place in places}
    return [(row, told(row.notification, names)) for row in rows]


def _chart(found: Overview) -> Chart:
    spent = found.spending
    named = {ACCOUNT_WIDE: "Without workspace", None: "All others"}
    named |= {number: row.name for number, row in found.names.items()}
    series = [(named[one.workspace], one.micros) for one in spent.series]
    return chart(spent.first_day, len(spent.days), series)


PAGES = [
    Page("GET", "/dashboard/{account}", show),
    Page("GET", "/dashboard/{account}/balance", balance),
    Page("GET", "/dashboard/{account}/recent", recent),
]
