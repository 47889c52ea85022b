"""`prepaid prices`: the price list, and own prices of single accounts."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from prepaid.commands import api
from prepaid.commands.accounts import Json, decimal_of
from prepaid.commands.api import Api, Refused, in_path
from prepaid.commands.console import fail, say
from prepaid.commands.price_files import BadPrices, read, write
from prepaid.commands.tables import show_json, show_table
from prepaid.web.operator.prices import PriceListShape, PriceShape
from prepaid.web.shapes import Number

app = typer.Typer(no_args_is_help=True, help="The price list, and own prices of accounts.")

Account = Annotated[str | None, typer.Option(help="Own prices of this account", show_default=False)]
Sku = Annotated[str, typer.Argument(help="What is sold, like fra-company-data")]
Prices = list[PriceShape]

ATTEMPTS_MAX = 20  # each is lost only to another operator's change
CHANGED = "prices_changed"


def _path(account: str | None) -> str:
    if account is None:
        return "/v2/operator/prices"
    return f"/v2/operator/accounts/{in_path(account)}/prices"


async def _listed(service: Api, account: str | None) -> Prices:
    return (await service.ask("GET", _path(account), PriceListShape)).prices


def _change(account: str | None, change: Callable[[Prices], Prices]) -> tuple[Prices, Prices]:
    """The prices before and after a change of the whole list, which others may change too."""

    async def work(service: Api) -> tuple[Prices, Prices]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            before = await service.ask("GET", _path(account), PriceListShape)
            body = {"prices": change(before.prices), "version": before.version}
            try:
                after = await service.ask("PUT", _path(account), PriceListShape, body=body)
            except Refused as refused:
                if refused.problem.code != CHANGED or attempt == ATTEMPTS_MAX:
                    raise
            else:
                return before.prices, after.prices
        raise AssertionError("the last attempt has returned or raised")

    return api.run(work)


@app.command("list")
def list_prices(account: Account = None, *, json: Json = False) -> None:
    """List the prices."""
    found = api.run(lambda service: _listed(service, account))
    if json:
        show_json(found)
        return
    headings = ("sku", "credits", "unit", "description")
    rows = [(p.sku, p.credits, p.unit, p.description) for p in found]
    show_table(headings, rows, numbers=("credits",))


@app.command("set", context_settings={"ignore_unknown_options": True})
def set_price(
    sku: Sku,
    amount: Annotated[str, typer.Argument(metavar="CREDITS", help="Of one unit, like 0.5")],
    unit: Annotated[str | None, typer.Option(help="What is counted; `request` at first")] = None,
    description: Annotated[str | None, typer.Option(help="For people")] = None,
    account: Account = None,
) -> None:
    """Set the price of one SKU; charges made keep theirs."""
    price = decimal_of(amount, "the price")

    def change(before: Prices) -> Prices:
        old = next((p for p in before if p.sku == sku), None)
        made = PriceShape(
            sku=sku,
            credits=price,
            unit=unit or (old.unit if old else "request"),
            description=(old.description if old else "") if description is None else description,
        )
        return [p for p in before if p.sku != sku] + [made]

    _, after = _change(account, change)
    say(f"{sku} costs {_price_of(after, sku)} credits.")


def _price_of(prices: Prices, sku: str) -> Number:
    return next(price.credits for price in prices if price.sku == sku)


@app.command()
def remove(sku: Sku, account: Account = None) -> None:
    """Remove the price of one SKU."""

    def change(before: Prices) -> Prices:
        left = [p for p in before if p.sku != sku]
        if len(left) == len(before):
            raise fail(f"{sku} has no price in this list")
        return left

    _change(account, change)
    say(f"{sku} has no price any more.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="FILE.json or FILE.csv", show_default=False)],
    account: Account = None,
) -> None:
    """Replace all prices by those of a file; what is not in it has no price afterwards."""
    try:
        wanted = read(file)
    except BadPrices as error:
        raise fail(str(error)) from error
    before, after = _change(account, lambda _before: wanted)
    old, new = ({p.sku: p for p in prices} for prices in (before, after))
    added, removed = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    changed = sum(old[sku] != new[sku] for sku in old.keys() & new.keys())
    say(f"{len(after)} prices: {added} added, {changed} changed, {removed} removed.")


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="FILE.json or FILE.csv; JSON to the screen without")
    ] = None,
    account: Account = None,
) -> None:
    """Write the prices to a file that `load` takes."""
    found = api.run(lambda service: _listed(service, account))
    if file is None:
        show_json({"prices": found})
        return
    try:
        write(file, found)
    except BadPrices as error:
        raise fail(str(error)) from error
    say(api.plain(f"{len(found)} prices written to {file}."))
