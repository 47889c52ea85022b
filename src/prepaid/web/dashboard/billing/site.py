"""Every billing page on one screen."""

from collections.abc import Sequence

from prepaid.web.dashboard.billing import overrides, page, paying, rules, topups
from prepaid.web.dashboard.pages import Page

PAGES: Sequence[Page] = [
    *page.PAGES,
    *rules.PAGES,
    *paying.PAGES,
    *topups.PAGES,
    *overrides.PAGES,
]
