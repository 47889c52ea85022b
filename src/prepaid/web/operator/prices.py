"""The operator's routes for prices."""

from typing import Annotated

from msgspec import Meta

from prepaid.domain.amounts import credit, from_credits
from prepaid.domain.refusals import invalid
from prepaid.flows import prices
from prepaid.store.prices import Price
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Credits, Number, Shape, Sku

PRICES_MAX = 10_000


class PriceBody(Body, frozen=True, kw_only=True):
    """The price of one unit of a SKU."""

    sku: Sku
    credits: Credits
    unit: Annotated[str, Meta(min_length=1, max_length=64)] = "request"
    description: Annotated[str, Meta(max_length=500)] = ""


class PriceListBody(Body, frozen=True, kw_only=True):
    """The whole list; what is not in it has no price afterwards."""

    prices: Annotated[list[PriceBody], Meta(max_length=PRICES_MAX)]
    version: Annotated[str, Meta(description="Of the list this was made from")] | None = None


class PriceShape(Shape, frozen=True, kw_only=True):
    """The price of one unit of a SKU."""

    sku: str
    credits: Number
    unit: str
    description: str


class PriceListShape(Shape, frozen=True, kw_only=True):
    """The whole list, by SKU. Its version changes whenever the list does."""

    prices: list[PriceShape]
    version: str


async def listed(call: Call) -> Answer:
    """The price list."""
    return _answer(await prices.listed(call.desk))


async def replace_list(call: Call) -> Answer:
    """A new price list. With `version`, only if nobody has changed the list since."""
    wanted = _wanted(call.body)
    return _answer(await prices.replace_list(call.desk, wanted, call.body.version))


async def own(call: Call) -> Answer:
    """The own prices of an account."""
    return _answer(await prices.own(call.desk, parsing.account_id(call.path["id"])))


async def replace_own(call: Call) -> Answer:
    """New own prices of an account. With `version`, only if nobody has changed them since."""
    account, wanted = parsing.account_id(call.path["id"]), _wanted(call.body)
    return _answer(await prices.replace_own(call.desk, account, wanted, call.body.version))


def _wanted(body: PriceListBody) -> list[Price]:
    seen: set[str] = set()
    wanted = []
    for place, price in enumerate(body.prices):
        field = f"prices[{place}]"
        if price.sku in seen:
            raise invalid(f"{field}.sku", f"{price.sku!r} is in the list twice")
        seen.add(price.sku)
        wanted.append(
            Price(
                price.sku,
                from_credits(price.credits, f"{field}.credits"),
                parsing.plain_text(price.unit, f"{field}.unit", 64),
                parsing.plain_text(price.description, f"{field}.description", 500)
                if price.description
                else "",
            )
        )
    return wanted


def _answer(rows: list[Price]) -> Answer:
    shown = [
        PriceShape(
            sku=row.sku,
            credits=credit(row.micros),
            unit=row.unit,
            description=row.description,
        )
        for row in rows
    ]
    return Answer(PriceListShape(prices=shown, version=prices.version_of(rows)))


OWN = "/v2/operator/accounts/{id}/prices"
ROUTES = [
    Route("GET", "/v2/operator/prices", listed, "The price list", answer=PriceListShape),
    Route(
        "PUT",
        "/v2/operator/prices",
        replace_list,
        "Replace the price list",
        body=PriceListBody,
        answer=PriceListShape,
        refusals=("prices_changed",),
    ),
    Route("GET", OWN, own, "Own prices of an account", answer=PriceListShape),
    Route(
        "PUT",
        OWN,
        replace_own,
        "Replace the own prices of an account",
        body=PriceListBody,
        answer=PriceListShape,
        refusals=("prices_changed",),
    ),
]
