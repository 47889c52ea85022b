"""Who can pay: the overdraft rule, minimum balances, zero charges, prices and quantities."""

from decimal import Decimal
from typing import Any

import pytest

from prepaid.domain.amounts import AMOUNT_MAX, BALANCE_MAX, CENT
from prepaid.domain.commands import Credit
from prepaid.domain.ids import parse_account
from tests.kit.door import CHARGES, OPERATOR, Customer, Door, code, exact, fields


async def cents(ada: Customer) -> Any:
    return (await ada.balance())["balanceInCreditCents"]


async def test_the_last_request_may_take_the_balance_below_zero(door: Door) -> None:
    """Allowed while the balance is above zero, however little: `depleted` then means something."""
    ada = await door.customer(0.0001)
    last = await door.charge(ada)
    refused = await door.charge(ada)
    free = await door.charge(ada, "free")

    assert (last.status_code, exact(last)["balanceCents"]) == (201, Decimal("-199.9999"))
    assert (refused.status_code, code(refused)) == (402, "insufficient_funds")
    assert (free.status_code, free.json()["cents"]) == (201, 0)


async def test_at_exactly_zero_nothing_can_be_bought(door: Door) -> None:
    ada = await door.customer(200)
    first, refused = await door.charge(ada), await door.charge(ada, "page")

    assert first.json()["balanceCents"] == 0
    assert refused.status_code == 402
    assert await cents(ada) == 0


@pytest.mark.parametrize(
    ("floor", "credit", "statuses"),
    [
        (0, 399.9999, [201, 402]),
        (0, 400, [201, 201]),
        (-50, 350, [201, 201]),
        (-50, 349.9999, [201, 402]),
        (100, 400, [201, 402]),
        (100.0001, 300, [402, 402]),
    ],
)
async def test_a_minimum_balance_replaces_the_rule(
    lite: Door, floor: float, credit: float, statuses: list[int]
) -> None:
    """No request may take the balance below it, and free ones always pass."""
    ada = await lite.customer(credit, minimumBalanceCents=floor)
    answers = [await lite.charge(ada) for _ in range(2)]
    free = await lite.charge(ada, "free")

    assert [answer.status_code for answer in answers] == statuses
    assert free.status_code == 201
    assert float(await cents(ada)) == pytest.approx(credit - 200 * statuses.count(201))


async def test_a_minimum_balance_can_be_set_and_taken_away(door: Door) -> None:
    ada = await door.customer(100)
    set_to = [
        (await door.operator("PATCH", ada.place, {"minimumBalanceCents": floor})).json()
        for floor in (0, -1000, None)
    ]
    last, refused = await door.charge(ada), await door.charge(ada)

    assert [account["minimumBalanceCents"] for account in set_to] == [0, -1000, None]
    assert (last.status_code, refused.status_code) == (201, 402)


async def test_a_new_minimum_balance_holds_at_the_next_command(door: Door) -> None:
    ada = await door.customer(300)
    await door.charge(ada)
    await door.operator("PATCH", ada.place, {"minimumBalanceCents": 0})
    refused = await door.charge(ada)
    await door.operator("PATCH", ada.place, {"minimumBalanceCents": -100})
    allowed = await door.charge(ada)

    assert (refused.status_code, allowed.status_code) == (402, 201)
    message = refused.json()["error"]["message"]
    assert message == "needs 200 cents, 100 available above the minimum balance"


async def test_a_settle_is_never_refused_for_lack_of_funds(door: Door) -> None:
    """The work is done."""
    ada = await door.customer(100, minimumBalanceCents=-100)
    charge = await door.charge(ada)
    settled = await door.operator(
        "POST", f"{CHARGES}/{charge.json()['id']}/settle", {"credits": 1_000_000}
    )

    assert (settled.status_code, settled.json()["cents"]) == (200, 100_000_000)
    assert await cents(ada) == 100 - 100_000_000
    assert (await door.charge(ada, "free")).status_code == 201


async def test_work_that_is_done_stops_at_the_largest_debt_that_can_be_kept(door: Door) -> None:
    """Else sums would leave what a database can hold, and each later answer be a fault of ours."""
    ada = await door.customer(0)
    held = [await door.charge(ada, "free") for _ in range(2)]
    first, second = (f"{CHARGES}/{one.json()['id']}/settle" for one in held)
    account = parse_account(ada.id) or 0
    await door.shop.do(Credit(account=account, amount=AMOUNT_MAX - BALANCE_MAX, reason="a debt"))
    reached = await door.operator("POST", first, {"credits": 10**9})
    beyond = await door.operator("POST", second, {"credits": 0.000001})
    imported = await door.import_usage(ada, held[0].json()["reservedAt"], credits=0.000001)

    assert reached.status_code == 200
    assert (beyond.status_code, fields(beyond)) == (400, ["credits"])
    assert imported["status"] == 400
    assert (await door.operator("POST", second, {})).status_code == 200
    assert await cents(ada) == -BALANCE_MAX // CENT


@pytest.mark.parametrize("sign", [1, -1])
async def test_nobody_is_granted_or_corrected_beyond_what_can_be_kept(
    lite: Door, sign: int
) -> None:
    ada = await lite.customer(0)
    account = parse_account(ada.id) or 0
    much = Credit(account=account, amount=sign * (BALANCE_MAX - AMOUNT_MAX), reason="so far")
    await lite.shop.do(much)
    answers = [
        await lite.operator("POST", ada.place + "/credits", {"cents": sign * cents, "reason": "r"})
        for cents in (10**11 + 1, 10**11, 0.0001)
    ]

    assert [answer.status_code for answer in answers] == [400, 201, 400]
    assert fields(answers[0]) == fields(answers[2]) == ["cents"]
    assert await cents(ada) == sign * BALANCE_MAX // CENT


@pytest.mark.parametrize(
    ("floor", "credit", "asked", "message"),
    [
        (0, 123456789.1234, 1234567.891235, "needs 123456789.1235 cents, 123456789.1234 available"),
        (None, 0, 1, "the balance is 0 cents"),
        (None, -1234567.8901, 1, "the balance is -1234567.8901 cents"),
    ],
)
async def test_a_refusal_names_amounts_to_the_last_digit(
    lite: Door, floor: float | None, credit: float, asked: float, message: str
) -> None:
    ada = await lite.customer(credit, minimumBalanceCents=floor)
    refused = await lite.charge(ada, credits=asked)

    assert refused.status_code == 402
    assert refused.json()["error"]["message"].startswith(message)


async def test_a_refused_refund_names_all_that_can_be_refunded(lite: Door) -> None:
    """Who asks for what was named is not refused again."""
    ada = await lite.customer()
    charge = await lite.charge(ada, credits=1234.567891, settle=True)
    place = f"{CHARGES}/{charge.json()['id']}/refund"
    refused = await lite.operator("POST", place, {"credits": 2000})
    named = refused.json()["error"]["message"].split()[5].rstrip(",")
    refunded = await lite.operator("POST", place, {"credits": float(named)})

    assert (refused.status_code, named) == (400, "1234.567891")
    assert (refunded.status_code, refunded.json()["cents"]) == (200, 0)


async def test_usage_that_has_occurred_is_not_refused_for_lack_of_funds(door: Door) -> None:
    ada = await door.customer(0)
    now = (await door.operator("POST", ada.place + "/clock", {"advanceSeconds": 60})).json()["now"]
    imported = await door.import_usage(ada, now)

    assert imported["status"] == 201, imported
    assert await cents(ada) == -200


@pytest.mark.parametrize(
    ("price", "quantity", "paid"),
    [
        ("0.000001", 1, "0.0001"),
        ("0.000001", 1_000_000, "100"),
        ("0.333333", 3, "99.9999"),
        ("999.999999", 1_000_000, "99999999900"),
    ],
)
async def test_a_price_is_multiplied_exactly(
    lite: Door, price: str, quantity: int, paid: str
) -> None:
    ada = await lite.customer(1)
    content = '{"prices": [{"sku": "unit", "credits": ' + price + "}]}"
    headers = OPERATOR | {"content-type": "application/json"}
    put = await lite.client.put(ada.place + "/prices", content=content, headers=headers)
    charged = await lite.charge(ada, "unit", quantity=quantity)

    assert str(exact(put)["prices"][0]["credits"]) == price
    assert str(exact(charged)["cents"]) == paid


async def test_a_product_beyond_the_largest_charge_is_refused(door: Door) -> None:
    ada = await door.customer(1)
    body = {"prices": [{"sku": "gold", "credits": 10**9}]}
    await door.operator("PUT", ada.place + "/prices", body)
    charge = await door.charge(ada, "gold")
    place = f"{CHARGES}/{charge.json()['id']}/settle"
    refused = [
        await door.operator("POST", place, {"quantity": 2}),
        await door.charge(ada, "gold", quantity=2, credits=None),
    ]

    assert [(answer.status_code, fields(answer)) for answer in refused] == [(400, ["quantity"])] * 2
    assert (await door.operator("POST", place, {})).json()["cents"] == 10**11


async def test_an_unknown_sku_needs_credits(door: Door) -> None:
    ada = await door.customer()
    refused = await door.charge(ada, "unknown")
    named = await door.charge(ada, "unknown", credits=0.5, quantity=3)
    place = f"{CHARGES}/{named.json()['id']}/settle"
    by_quantity = await door.operator("POST", place, {"quantity": 1})

    assert (refused.status_code, fields(refused)) == (400, ["sku"])
    assert (named.json()["cents"], named.json()["quantity"]) == (50, 3)
    assert (by_quantity.status_code, fields(by_quantity)) == (400, ["quantity"])
