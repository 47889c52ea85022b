"""The history of top-ups: each try to buy credit, how it stands, and what happened to it."""

from starlette.responses import Response

from prepaid.domain.refusals import not_found
from prepaid.domain.topups import topup as rules
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups import topup as topups
from prepaid.store.topups.topup import NO_NUMBER_YET
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

PAGE_SIZE = 25


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says."""

    before: int = NO_NUMBER_YET


async def show(visit: Visit) -> Response:
    """Top-ups, newest first."""
    before = min(visit.query(ListQuery).before, NO_NUMBER_YET)
    rows = await topups.page(visit.desk, visit.account, before, PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    return visit.show(
        "billing/topups.html",
        topups=shown,
        is_running=any(one.is_running for one in shown),
        newer=visit.url("/billing/topups") if before != NO_NUMBER_YET else "",
        older=f"?before={shown[-1].number}" if len(rows) > PAGE_SIZE else "",
    )


async def one(visit: Visit) -> Response:
    """One top-up with its history."""
    place = rules.parse_id(visit.path["topup"])
    if place is None or place.account != visit.account or place.number > NO_NUMBER_YET:
        raise not_found("the top-up")
    attempt, history = await topups.one(visit.desk, visit.account, place.number)
    return visit.show("billing/topup.html", topup=attempt, history=history, ended=_ended)


def _ended(attempt: Attempt) -> int | None:
    """When it ended, by the account's clock."""
    return None if attempt.ended_at is None else attempt.by_account(attempt.ended_at)


PAGES = [
    Page("GET", "/dashboard/{account}/billing/topups", show),
    Page("GET", "/dashboard/{account}/billing/topups/{topup}", one),
]
