"""The prices of one workspace, or of everyone: what is its own, what is inherited, what holds."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.refusals import invalid
from prepaid.domain.statements import money
from prepaid.domain.statements.money import Price
from prepaid.domain.statements.prices import (
    ANY_SKU,
    ANY_WORKSPACE,
    ClientPrice,
    Kind,
)
from prepaid.flows import workspaces
from prepaid.flows.overview import WorkspaceRow
from prepaid.flows.statements import client_prices
from prepaid.flows.statements.client_prices import Asked
from prepaid.web.dashboard import paging
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.statements import words
from prepaid.web.shapes import Sku
from prepaid.web.statements.client_prices import MARKUP_MAX, MARKUP_MIN

RULES_SIZE = 100
EVERYONE = "everyone"  # in place of a workspace's id
KINDS: dict[str, Kind] = {
    "markup": "markup",
    "perCredit": "per_credit",
    "perRequest": "per_request",
}


class PricesQuery(Form, frozen=True, kw_only=True):
    """Which of the prices are shown, and which one is edited."""

    sku: Sku | None = None
    page: int = 1


class PriceForm(Form, frozen=True, kw_only=True):
    """One price; without a SKU, of every SKU that has none of its own."""

    sku: Sku | None = None
    kind: Literal["markup", "perCredit", "perRequest"]
    value: Annotated[str, Meta(min_length=1, max_length=40)]


class SkuForm(Form, frozen=True, kw_only=True):
    """Whose price goes away."""

    sku: Sku | None = None


class Line(NamedTuple):
    """One SKU at one workspace, or the empty one for all without a line."""

    sku: str
    inherited: Price
    own: ClientPrice | None
    in_force: Price


class Scope(NamedTuple):
    """Whose prices a page is about."""

    workspace: WorkspaceRow | None  # None: everyone's

    @property
    def number(self) -> int:
        """As rules have it."""
        return ANY_WORKSPACE if self.workspace is None else self.workspace.number

    @property
    def name(self) -> str:
        """As people know it."""
        return "every workspace" if self.workspace is None else self.workspace.name


async def show(visit: Visit) -> Response:
    """The prices of one workspace, or of everyone: what is its own, and what is inherited."""
    query, scope = visit.query(PricesQuery), await _scope(visit)
    asked = await client_prices.asked(visit.desk, visit.account, scope.number)
    own = _own(scope, asked)
    lines, found = _lines(scope, asked, paging.skip(query.page, RULES_SIZE))
    before, after = paging.beside(query.page, {}, has_more=query.page * RULES_SIZE < found)
    return visit.show(
        "statements/client_price.html",
        scope=scope,
        here=_here(visit),
        lines=lines,
        own=own,
        edited=own.get(query.sku or ANY_SKU) if "sku" in visit.request.query_params else None,
        sku=query.sku or "",
        kinds={kind: name for name, kind in KINDS.items()},
        currency=asked.account.currency,
        credit_price=words.price(asked.credit_price, asked.account.currency),
        words=words,
        value=_value,
        before=before,
        after=after,
    )


def _lines(scope: Scope, asked: Asked, skip: int) -> tuple[list[Line], int]:
    """Every SKU that has a price here or for everyone, the rest of them first."""
    own, book = _own(scope, asked), asked.book
    inherited = {} if scope.workspace is None else asked.everyone
    above = asked.book_of(inherited.values())
    skus = sorted({ANY_SKU} | own.keys() | inherited.keys())
    shown = [
        Line(
            sku,
            above.price(ANY_WORKSPACE, sku),
            own.get(sku),
            book.price(scope.number, sku),
        )
        for sku in skus[skip : skip + RULES_SIZE]
    ]
    return shown, len(skus)


def _own(scope: Scope, asked: Asked) -> dict[str, ClientPrice]:
    return asked.everyone if scope.workspace is None else asked.own


async def save(visit: Visit) -> Response:
    """Set one price, in place of the one there was."""
    scope, form = await _scope(visit), visit.form(PriceForm)
    rule = ClientPrice(scope.number, form.sku or ANY_SKU, KINDS[form.kind], _parsed(form))
    asked = await client_prices.asked(visit.desk, visit.account, scope.number)
    before, currency = _own(scope, asked).get(rule.sku), asked.account.currency
    if before == rule:
        return visit.go(_here(visit), "Nothing was changed.")
    is_said = words.rule(before, currency) or "inherited"
    await visit.noted(
        client_prices.put(visit.desk, visit.account, rule),
        "client price set",
        scope.name,
        f"{rule.sku or 'every SKU'}: {is_said} → {words.rule(rule, currency)}",
    )
    return visit.go(_here(visit), "The price is saved. Statements that are final keep theirs.")


def _parsed(form: PriceForm) -> int:
    try:
        value = Decimal(form.value.strip().removesuffix("%").strip())
    except InvalidOperation as error:
        raise invalid("value", "must be a number such as 1.50") from error
    if form.kind == "markup":
        return money.from_percent(value, "value", MARKUP_MIN, MARKUP_MAX)
    return money.from_price(value, "value")


def _value(rule: ClientPrice) -> str:
    """As it is typed."""
    number = money.percent(rule.value) if rule.kind == "markup" else money.price(rule.value)
    return f"{Decimal(number):f}"


async def remove(visit: Visit) -> Response:
    """One price less: what is inherited holds again."""
    scope, sku = await _scope(visit), visit.form(SkuForm).sku or ANY_SKU
    asked = await client_prices.asked(visit.desk, visit.account, scope.number)
    before = _own(scope, asked).get(sku)
    if before is None:
        return visit.go(_here(visit), "It is inherited already.")
    await visit.noted(
        client_prices.drop(visit.desk, visit.account, scope.number, sku),
        "client price removed",
        scope.name,
        f"{sku or 'every SKU'}: {words.rule(before, asked.account.currency)} → inherited",
    )
    return visit.go(_here(visit), "The price is removed.")


async def inherit(visit: Visit) -> Response:
    """None of its own any more."""
    scope = await _scope(visit)
    asked = await client_prices.asked(visit.desk, visit.account, scope.number)
    own, currency = _own(scope, asked), asked.account.currency
    if not own:
        return visit.go(_here(visit), "There is no price to remove.")
    gone = (f"{sku or 'every SKU'}: {words.rule(own[sku], currency)}" for sku in own)
    await visit.noted(
        client_prices.drop(visit.desk, visit.account, scope.number),
        "client prices removed",
        scope.name,
        "; ".join(gone),
    )
    return visit.go(_here(visit), "All of these prices are removed.")


async def _scope(visit: Visit) -> Scope:
    if visit.path["workspace"] == EVERYONE:
        return Scope(None)
    number = visit.named("ws", "workspace", "the workspace").number
    return Scope(await workspaces.one(visit.desk, visit.account, number))


def _here(visit: Visit) -> str:
    return visit.url("/statements/prices/" + visit.path["workspace"])


PATH = "/dashboard/{account}/statements/prices"
PAGES = [
    Page("GET", PATH + "/{workspace}", show),
    Page("POST", PATH + "/{workspace}", save, again=show),
    Page("POST", PATH + "/{workspace}/remove", remove, again=show),
    Page("POST", PATH + "/{workspace}/inherit", inherit, again=show),
]
