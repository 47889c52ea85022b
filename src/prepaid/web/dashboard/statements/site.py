"""Every page about statements on one screen."""

from collections.abc import Sequence

from prepaid.web.dashboard.pages import Page
from prepaid.web.dashboard.statements import (
    client_price,
    client_prices,
    lists,
    settings,
    statement,
)

PAGES: Sequence[Page] = [
    *settings.PAGES,
    *client_prices.PAGES,
    *client_price.PAGES,
    *lists.PAGES,
    *statement.PAGES,
]
