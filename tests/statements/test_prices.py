"""What clients pay: the most specific price, rounded once per line; and what accounts may ask."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.statements import money
from prepaid.domain.statements.money import Price
from tests.kit.door import exact, fields
from tests.statements.office import (
    CLIENT_PRICES,
    Office,
    by_place,
    good,
    month,
    set_prices,
    set_up,
)


async def lines(office: Office, *prices: Any) -> dict[str, tuple[Any, ...]]:
    """Price, what it is for, and amount of a report and two pages of paris."""
    ada = await office.customer(currency="EUR", creditPrice=137)
    await office.charge(ada, quantity=3)
    for _ in range(2):
        await office.charge(ada, sku="page")
    if prices:
        await set_prices(ada, *prices)
    statement = by_place(await month(ada, "2026-10"))["paris"]
    return {
        line["sku"]: (line["price"], line["per"], line["amount"]) for line in statement["lines"]
    }


async def test_without_a_price_the_client_pays_what_credits_cost_the_account(
    lite_office: Office,
) -> None:
    assert await lines(lite_office) == {
        "report": (Decimal("1.37"), "credit", Decimal("8.22")),
        "page": (Decimal("1.37"), "credit", Decimal("0.03")),
    }


async def test_a_markup_is_exact_in_the_price(lite_office: Office) -> None:
    found = await lines(lite_office, {"markupPercent": 12.3456})

    assert found["report"] == (Decimal("1.53913472"), "credit", Decimal("9.23"))


async def test_a_price_per_request_counts_requests_and_one_per_credit_credits(
    lite_office: Office,
) -> None:
    found = await lines(
        lite_office,
        {"sku": "report", "pricePerRequest": 4.5},
        {"sku": "page", "pricePerCredit": 0.7525},
    )

    assert found == {
        "report": (4.5, "request", 4.5),
        "page": (Decimal("0.7525"), "credit", Decimal("0.02")),
    }


async def test_the_most_specific_price_wins_the_workspace_before_the_sku(
    lite_office: Office,
) -> None:
    rules: list[dict[str, Any]] = [
        {"pricePerCredit": 1},
        {"sku": "report", "pricePerCredit": 2},
        {"workspace": "paris", "pricePerCredit": 3},
        {"workspace": "paris", "sku": "report", "pricePerCredit": 4},
        {"workspace": "berlin", "sku": "report", "pricePerCredit": 5},
    ]
    for most in (1, 2, 3, 4, 5):
        found = await lines(lite_office, *rules[:most])
        assert found["report"][0] == min(most, 4)
        assert found["page"][0] == {1: 1, 2: 1}.get(most, 3)


async def test_a_correction_costs_what_its_month_was_billed_at(office: Office) -> None:
    """A client gets back what they paid, whatever the price is by now."""
    ada = await office.customer()
    await set_prices(ada, {"pricePerCredit": 3})
    charge = await office.charge(ada)
    office.go_to("2026-11-02")
    await month(ada, "2026-10")
    await set_prices(ada, {"pricePerCredit": 5})
    await office.end(charge, "refund")
    await office.charge(ada)
    november = by_place(await month(ada, "2026-11"))["paris"]

    assert [(line["month"], line["price"], line["amount"]) for line in november["lines"]] == [
        ("2026-11", 5, 10),
        ("2026-10", 3, -6),
    ]
    assert november["total"] == 4


async def test_the_tax_is_on_all_lines_together(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, tax={"label": "TVA", "ratePercent": 20.5})
    await office.charge(ada)
    await office.charge(ada, sku="page")
    statement = by_place(await month(ada, "2026-10"))["paris"]

    assert statement["subtotal"] == Decimal("2.01")
    tax = {"label": "TVA", "ratePercent": 20.5, "amount": Decimal("0.41")}
    assert statement["tax"] == tax
    assert statement["total"] == Decimal("2.42")


async def test_prices_are_told_as_they_were_set(office: Office) -> None:
    ada = await office.customer()
    wanted: list[dict[str, Any]] = [
        {"workspace": None, "sku": None, "markupPercent": 10},
        {"workspace": "berlin", "sku": "page", "pricePerRequest": Decimal("0.000001")},
        {"workspace": "paris", "sku": None, "pricePerCredit": 1_000_000},
    ]
    sent = [{k: float(v) if "rice" in k else v for k, v in one.items() if v} for one in wanted]
    told = await set_prices(ada, *sent)
    await ada.ask("DELETE", "/v2/workspaces/paris")
    later = exact(await good(ada.ask("GET", CLIENT_PRICES)))

    order = {None: 0, "paris": 1, "berlin": 2}
    assert told["prices"] == sorted(wanted, key=lambda one: order[one["workspace"]])
    assert later["prices"][1]["workspace"].startswith("ws_")
    assert await set_prices(ada, *(plain(one) for one in later["prices"])) == later


def plain(price: dict[str, Any]) -> dict[str, Any]:
    return {k: float(v) if isinstance(v, Decimal) else v for k, v in price.items() if v}


@pytest.mark.parametrize(
    ("price", "field"),
    [
        ({"markupPercent": -100.1}, "prices[0].markupPercent"),
        ({"markupPercent": 1.00001}, "prices[0].markupPercent"),
        ({"pricePerCredit": -1}, "prices[0].pricePerCredit"),
        ({"pricePerCredit": 0.0000001}, "prices[0].pricePerCredit"),
        ({"pricePerRequest": 1_000_001}, "prices[0].pricePerRequest"),
        ({"pricePerRequest": "1"}, "prices[0].pricePerRequest"),
        ({"pricePerRequest": 1, "markupPercent": 1}, "prices[0]"),
        ({}, "prices[0]"),
        ({"markupPercent": 1, "workspace": "rome"}, "prices[0].workspace"),
        ({"markupPercent": 1, "sku": "no spaces"}, "prices[0].sku"),
    ],
)
async def test_a_wrong_price_changes_nothing(
    lite_office: Office, price: dict[str, Any], field: str
) -> None:
    ada = await lite_office.customer()
    before = await set_prices(ada, {"markupPercent": 7})
    answer = await ada.ask("PUT", CLIENT_PRICES, json={"prices": [price, {"markupPercent": 9}]})

    assert answer.status_code == 400
    assert fields(answer) == [field]
    assert exact(await good(ada.ask("GET", CLIENT_PRICES))) == before


async def test_a_number_of_a_million_decimals_is_refused_at_once(lite_office: Office) -> None:
    ada = await lite_office.customer()
    body = b'{"prices": [{"pricePerCredit": 1E-999999}]}'
    headers = {"x-api-key": ada.key, "content-type": "application/json"}
    answer = await lite_office.door.client.put(CLIENT_PRICES, headers=headers, content=body)

    assert answer.status_code == 400


async def test_two_prices_for_the_same_are_refused(lite_office: Office) -> None:
    ada = await lite_office.customer()
    prices = [{"sku": "page", "markupPercent": 1}, {"sku": "page", "pricePerCredit": 1}]
    answer = await ada.ask("PUT", CLIENT_PRICES, json={"prices": prices})

    assert fields(answer) == ["prices[1]"]


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**15))
def test_rounding_is_to_the_nearest_and_a_half_goes_away_from_zero(one: int, by: int) -> None:
    expected = (Decimal(one) / Decimal(by)).quantize(Decimal(1), ROUND_HALF_UP)

    if abs(Decimal(one) / Decimal(by)) < 10**14:  # what the other way can tell exactly
        assert money.rounded(one, by) == expected
    assert money.rounded(-one, by) == -money.rounded(one, by)
    assert abs(money.rounded(one, by) * by - one) * 2 <= by


@pytest.mark.parametrize(("currency", "expected"), [("EUR", 1235), ("JPY", 12), ("KWD", 12346)])
def test_each_currency_has_its_own_decimals(currency: str, expected: int) -> None:
    price = Price("credit", 12_345_600_000)

    assert money.amount(price, 0, 1_000_000, currency) == expected


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_a_credit_with_no_markup_costs_its_own_price(currency: str) -> None:
    price = Price("credit", money.marked_up(137, 0, currency))

    assert money.amount(price, 0, 1_000_000, currency) == 137
