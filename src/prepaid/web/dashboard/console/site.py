"""Every page of the operator's console on one screen."""

from collections.abc import Sequence

from prepaid.web.dashboard.console import account, accounts, audit, health, prices
from prepaid.web.dashboard.pages import Page

PAGES: Sequence[Page] = [
    *accounts.PAGES,
    *account.PAGES,
    *prices.PAGES,
    *health.PAGES,
    *audit.PAGES,
]
