"""The customer's routes for prices it asks of its own clients."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import invalid
from prepaid.domain.statements import money
from prepaid.domain.statements.prices import ANY_SKU, ANY_WORKSPACE, ClientPrice, Kind
from prepaid.flows.statements import client_prices as flow
from prepaid.flows.statements.client_prices import PRICES_MAX, NamedPrice, WantedPrice
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Amount, Body, Number, Shape, Sku

MARKUP_MIN, MARKUP_MAX = -100, 10_000  # percent

Percent = Annotated[Amount, Meta(description="Percent, at most 4 decimals")]
Price = Annotated[Amount, Meta(description="In the account's currency, at most 6 decimals")]


class ClientPriceBody(Body, frozen=True, kw_only=True):
    """One rule: exactly one of `markupPercent`, `pricePerCredit` and `pricePerRequest`."""

    workspace: Annotated[str, Meta(description="Name or id; left out: every one")] | None = None
    sku: Sku | None = None
    markup_percent: Percent | UnsetType = UNSET
    price_per_credit: Price | UnsetType = UNSET
    price_per_request: Price | UnsetType = UNSET


class ClientPricesBody(Body, frozen=True, kw_only=True):
    """The whole list; what is not in it is not asked any more."""

    prices: Annotated[list[ClientPriceBody], Meta(max_length=PRICES_MAX)]


class ClientPriceShape(Shape, frozen=True, omit_defaults=True, kw_only=True):
    """One rule. A workspace that was archived is told by its id."""

    workspace: str | None
    sku: str | None
    markup_percent: Number | UnsetType = UNSET
    price_per_credit: Number | UnsetType = UNSET
    price_per_request: Number | UnsetType = UNSET


class ClientPricesShape(Shape, frozen=True, kw_only=True):
    """The whole list."""

    prices: list[ClientPriceShape]


async def prices(call: Call) -> Answer:
    """What the account asks of its clients."""
    return _prices(call, await flow.prices(call.desk, call.account))


async def replace_prices(call: Call) -> Answer:
    """Ask something else. Months whose statements are final keep their prices."""
    body: ClientPricesBody = call.body
    wanted = [_wanted(price, f"prices[{place}]") for place, price in enumerate(body.prices)]
    return _prices(call, await flow.replace_prices(call.desk, call.account, wanted))


def _wanted(body: ClientPriceBody, field: str) -> WantedPrice:
    given: list[tuple[Kind, int]] = []
    if body.markup_percent is not UNSET:
        name = f"{field}.markupPercent"
        rate = money.from_percent(body.markup_percent, name, MARKUP_MIN, MARKUP_MAX)
        given.append(("markup", rate))
    if body.price_per_credit is not UNSET:
        name = f"{field}.pricePerCredit"
        given.append(("per_credit", money.from_price(body.price_per_credit, name)))
    if body.price_per_request is not UNSET:
        name = f"{field}.pricePerRequest"
        given.append(("per_request", money.from_price(body.price_per_request, name)))
    if len(given) != 1:
        need = "needs exactly one of markupPercent, pricePerCredit and pricePerRequest"
        raise invalid(field, need)
    return WantedPrice(body.workspace, ClientPrice(ANY_WORKSPACE, body.sku or ANY_SKU, *given[0]))


def _prices(call: Call, found: list[NamedPrice]) -> Answer:
    return Answer(ClientPricesShape(prices=[_price(call.account, one) for one in found]))


def _price(account: AccountId, one: NamedPrice) -> ClientPriceShape:
    row, rule = one.workspace, one.price
    name = None
    if row is not None:
        name = row.name if row.archived_at is None else ids.owned("ws", account, row.number)
    value = money.percent(rule.value) if rule.kind == "markup" else money.price(rule.value)
    return ClientPriceShape(
        workspace=name,
        sku=rule.sku or None,
        markup_percent=value if rule.kind == "markup" else UNSET,
        price_per_credit=value if rule.kind == "per_credit" else UNSET,
        price_per_request=value if rule.kind == "per_request" else UNSET,
    )


PRICES = "/v2/billing/client-prices"
ROUTES = [
    Route("GET", PRICES, prices, "Prices for clients", who="account", answer=ClientPricesShape),
    Route(
        "PUT",
        PRICES,
        replace_prices,
        "Replace the prices for clients",
        who="account",
        body=ClientPricesBody,
        answer=ClientPricesShape,
    ),
]
