"""The console's first page: every account, found by name, id or admin; and new ones."""

from typing import Annotated
from urllib.parse import urlencode

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.flows import account_search, accounts
from prepaid.flows.account_search import Place
from prepaid.web import parsing
from prepaid.web.account_shapes import NAME_MAX, Currency, Name
from prepaid.web.dashboard.console.addresses import addresses
from prepaid.web.dashboard.forms import Credits, Form
from prepaid.web.dashboard.pages import Page, Visit

PAGE_SIZE = 50


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says; the next page begins after an account."""

    search: Annotated[str, Meta(max_length=account_search.TEXT_MAX)] = ""
    after_name: str | None = None
    after: str | None = None


class NewForm(Form, frozen=True, kw_only=True):
    """A new account; admins one per line."""

    name: Name
    admins: str = ""
    currency: Currency = "EUR"
    minimum_balance_cents: Credits | None = None  # blank: none
    sandbox: bool = False


async def show(visit: Visit) -> Response:
    """Accounts by name."""
    query = visit.query(ListQuery)
    place = None
    if query.after is not None:
        place = Place(query.after_name or "", parsing.account_id(query.after, "after"))
    found = await account_search.search(visit.desk, query.search, place, PAGE_SIZE)
    return visit.show(
        "console/accounts.html",
        query=query,
        rows=found.rows,
        first="?" + urlencode({"search": query.search}) if place else "",
        next=_after(query, found.next) if found.next else "",
    )


def _after(query: ListQuery, place: Place) -> str:
    said = {"search": query.search, "afterName": place.name, "after": ids.account(place.account)}
    return "?" + urlencode(said)


async def create(visit: Visit) -> Response:
    """A new account, with nothing in it."""
    wanted = visit.form(NewForm)
    name = parsing.plain_text(wanted.name, "name", NAME_MAX)
    floor = wanted.minimum_balance_cents
    row = await accounts.create(
        visit.desk,
        name=name,
        admins=addresses(wanted.admins),
        currency=wanted.currency,
        sandbox=wanted.sandbox,
        floor=None if floor is None else int(floor) * CENT,
    )
    # Its number is known only once it is made, so its line is written right after.
    await visit.note("account created", name, account=row.id)
    return visit.go(f"/operator/accounts/{ids.account(row.id)}", "The account is there.")


PAGES = [
    Page("GET", "/operator", show, who="operator"),
    Page("POST", "/operator", create, who="operator", again=show),
]
