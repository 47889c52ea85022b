"""Prices, one at a time: of the list, and own ones of an account."""

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.amounts import from_credits
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import invalid, not_found
from prepaid.flows import audit, prices
from prepaid.store.prices import Price
from prepaid.web import parsing
from prepaid.web.dashboard.console.account import account_of
from prepaid.web.dashboard.console.account import show as show_account
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.shown import exact
from prepaid.web.operator.prices import PRICES_MAX
from prepaid.web.shapes import Sku

SHOWN_MAX = 500
_CREDITS_DIGITS_MAX = 20


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says: part of a SKU, and the one that is to be changed."""

    search: str = ""
    sku: str | None = None


class PriceForm(Form, frozen=True, kw_only=True):
    """A price; credits with up to 6 decimals."""

    sku: Sku
    credits: Annotated[str, Meta(max_length=_CREDITS_DIGITS_MAX)]
    unit: Annotated[str, Meta(min_length=1, max_length=64)] = "request"
    description: Annotated[str, Meta(max_length=500)] = ""


class RemoveForm(Form, frozen=True, kw_only=True):
    """The SKU that has no price any more."""

    sku: Sku


async def show(visit: Visit) -> Response:
    """The price list."""
    query = visit.query(ListQuery)
    rows = await prices.listed(visit.desk)
    found = [row for row in rows if query.search.casefold() in row.sku.casefold()]
    chosen = next((row for row in rows if row.sku == query.sku), None)
    return visit.show(
        "console/prices.html",
        query=query,
        rows=found[:SHOWN_MAX],
        found=len(found),
        chosen=chosen,
    )


async def put(visit: Visit) -> Response:
    """Add a price to the list, or change it."""
    wanted = _price(visit.form(PriceForm))
    await _put(visit, wanted, await prices.listed(visit.desk), _replace_list(visit))
    return visit.go("/operator/prices", f"The price of {wanted.sku} is saved.")


async def remove(visit: Visit) -> Response:
    """Take a price off the list; charges that were made keep it."""
    sku = visit.form(RemoveForm).sku
    await _remove(visit, sku, await prices.listed(visit.desk), _replace_list(visit))
    return visit.go("/operator/prices", f"{sku} has no price any more.")


async def put_own(visit: Visit) -> Response:
    """Give an account a price of its own."""
    account = account_of(visit)
    wanted = _price(visit.form(PriceForm))
    rows = await prices.own(visit.desk, account)
    await _put(visit, wanted, rows, _replace_own(visit, account), account)
    return visit.go(_account(visit), f"The own price of {wanted.sku} is saved.")


async def remove_own(visit: Visit) -> Response:
    """Have the list's price count for an account again."""
    account, sku = account_of(visit), visit.form(RemoveForm).sku
    rows = await prices.own(visit.desk, account)
    await _remove(visit, sku, rows, _replace_own(visit, account), account)
    return visit.go(_account(visit), f"The list's price of {sku} counts again.")


Replace = Callable[[list[Price], str], Awaitable[list[Price]]]


def _replace_list(visit: Visit) -> Replace:
    return lambda rows, version: prices.replace_list(visit.desk, rows, version)


def _replace_own(visit: Visit, account: AccountId) -> Replace:
    return lambda rows, version: prices.replace_own(visit.desk, account, rows, version)


async def _put(
    visit: Visit,
    wanted: Price,
    rows: list[Price],
    replace: Replace,
    account: AccountId = audit.HOUSE,
) -> None:
    before = next((row for row in rows if row.sku == wanted.sku), None)
    if before is None and len(rows) >= PRICES_MAX:
        raise invalid("sku", f"is one too many: there are {PRICES_MAX:,} prices")
    after = [*(row for row in rows if row.sku != wanted.sku), wanted]
    was = "none" if before is None else exact(before.micros)
    await visit.noted(
        replace(after, prices.version_of(rows)),
        "price added" if before is None else "price changed",
        wanted.sku,
        f"{was} → {exact(wanted.micros)} credits per {wanted.unit}",
        account=account,
    )


async def _remove(
    visit: Visit, sku: str, rows: list[Price], replace: Replace, account: AccountId = audit.HOUSE
) -> None:
    before = next((row for row in rows if row.sku == sku), None)
    if before is None:
        raise not_found(f"the price of {sku}")
    await visit.noted(
        replace([row for row in rows if row.sku != sku], prices.version_of(rows)),
        "price removed",
        sku,
        f"it was {exact(before.micros)} credits per {before.unit}",
        account=account,
    )


def _price(form: PriceForm) -> Price:
    try:
        credits = Decimal(form.credits.strip().replace(",", ""))
    except InvalidOperation as error:
        raise invalid("credits", "must be an amount of credits such as 0.75") from error
    if not credits.is_finite():
        raise invalid("credits", "must be an amount of credits such as 0.75")
    description = form.description
    if description:
        description = parsing.plain_text(description, "description", 500)
    unit = parsing.plain_text(form.unit, "unit", 64)
    return Price(form.sku, from_credits(credits, "credits"), unit, description)


def _account(visit: Visit) -> str:
    return f"/operator/accounts/{visit.path['id']}"


OWN = "/operator/accounts/{id}/prices"
PAGES = [
    Page("GET", "/operator/prices", show, who="operator"),
    Page("POST", "/operator/prices", put, who="operator", again=show),
    Page("POST", "/operator/prices/remove", remove, who="operator"),
    Page("POST", OWN, put_own, who="operator", again=show_account),
    Page("POST", OWN + "/remove", remove_own, who="operator"),
]
