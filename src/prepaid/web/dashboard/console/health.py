"""How the installation fares: what waits, what fails, whether balances and ledgers agree."""

from starlette.responses import Response

from prepaid.flows import system_health
from prepaid.web.dashboard.pages import Page, Visit


async def show(visit: Visit) -> Response:
    """How things stand now."""
    return visit.show("console/health.html", health=await system_health.look(visit.desk))


PAGES = [Page("GET", "/operator/health", show, who="operator")]
