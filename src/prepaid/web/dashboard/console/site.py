"""Every page of the operator's console on one screen."""

from collections.abc import Sequence

from prepaid.web.dashboard.console import account, accounts, audit, health, links, prices
from prepaid.web.dashboard.pages import Page

PAGES: Sequence[Page] = [
    *accounts.PAGES,
    *account.PAGES,
    *links.PAGES,
    *prices.PAGES,
    *health.PAGES,
    *audit.PAGES,
]
