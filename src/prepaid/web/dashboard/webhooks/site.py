"""Every page about webhooks on one screen."""

from collections.abc import Sequence

from prepaid.web.dashboard.pages import Page
from prepaid.web.dashboard.webhooks import endpoint, endpoints, exchanges, sending

PAGES: Sequence[Page] = [
    *endpoints.PAGES,
    *endpoint.PAGES,
    *sending.PAGES,
    *exchanges.PAGES,
    *endpoints.BEHIND,
]
