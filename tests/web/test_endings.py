"""Settle, release and refund asked twice, with a key and without; and keys within a batch."""

from typing import Any

import pytest

from tests.kit.door import CHARGES, Customer, Door, code, fields


async def held(door: Door, ada: Customer, **more: Any) -> str:
    """Where a new hold of 2 credits is."""
    return f"{CHARGES}/{(await door.charge(ada, **more)).json()['id']}"


@pytest.mark.parametrize("body", [{}, {"credits": 1.5}, {"quantity": 2}, {"credits": 0}])
async def test_settling_twice_alike_is_answered_alike(door: Door, body: object) -> None:
    ada = await door.customer()
    place = await held(door, ada)
    first, again = [await door.operator("POST", place + "/settle", body) for _ in range(2)]
    balance = await ada.balance()
    other = await door.operator("POST", place + "/settle", {"credits": 9})
    released = await door.operator("POST", place + "/release")

    assert first.status_code == 200
    assert first.content == again.content
    for refused in (other, released):
        assert (refused.status_code, code(refused)) == (409, "charge_closed")
    assert await ada.balance() == balance


async def test_another_quantity_is_another_ending_though_it_costs_the_same(lite: Door) -> None:
    ada = await lite.customer()
    charge = await lite.charge(ada, "page", quantity=3)
    place = f"{CHARGES}/{charge.json()['id']}/settle"
    first = await lite.operator("POST", place, {"quantity": 5})
    same_cents = await lite.operator("POST", place, {"credits": 0.05})
    again = await lite.operator("POST", place, {"quantity": 5})

    assert (first.json()["cents"], first.json()["quantity"]) == (5, 5)
    assert (same_cents.status_code, code(same_cents)) == (409, "charge_closed")
    assert again.content == first.content


async def test_releasing_twice_is_answered_alike(door: Door) -> None:
    ada = await door.customer()
    place = await held(door, ada)
    first, again = [await door.operator("POST", place + "/release") for _ in range(2)]
    settled = await door.operator("POST", place + "/settle", {})

    assert (first.status_code, first.json()["status"]) == (200, "released")
    assert first.content == again.content
    assert (settled.status_code, code(settled)) == (409, "charge_closed")
    assert (await ada.balance())["balanceInCreditCents"] == 1000


async def test_an_ending_with_a_key_is_kept(door: Door) -> None:
    """Its bytes outlive a refund and a new legal name; another request is told the field."""
    ada = await door.customer()
    await ada.workspace("paris", "Acme Paris")
    place = await held(door, ada, workspace="paris")
    other = await held(door, ada)
    asked = [("settle", {"credits": 1.5}, {"credits": 1}), ("refund", {"credits": 1}, {})]
    for verb, body, changed in asked:
        first = await door.operator("POST", f"{place}/{verb}", body, key="k1")
        await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": verb})
        await door.operator("POST", f"{place}/refund", {"credits": 0.1})
        again = await door.operator("POST", f"{place}/{verb}", body, key="k1")
        refused = await door.operator("POST", f"{place}/{verb}", changed, key="k1")
        elsewhere = await door.operator("POST", f"{other}/{verb}", body, key="k1")

        assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
        assert again.content == first.content
        assert (refused.status_code, fields(refused)) == (422, ["credits"])
        assert (elsewhere.status_code, fields(elsewhere)) == (422, ["charge"])


async def test_a_refund_with_no_key_is_another_refund(door: Door) -> None:
    ada = await door.customer()
    place = await held(door, ada, settle=True)
    answers = [await door.operator("POST", place + "/refund", {"credits": 0.75}) for _ in range(3)]
    rest = await door.operator("POST", place + "/refund", {})

    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert fields(answers[2]) == ["credits"]
    assert (rest.json()["cents"], rest.json()["refundedCents"]) == (0, 200)
    assert (await ada.balance())["balanceInCreditCents"] == 1000


async def test_the_hold_of_an_open_or_released_charge_cannot_be_refunded(door: Door) -> None:
    ada = await door.customer()
    place = await held(door, ada)
    early = await door.operator("POST", place + "/refund", {})
    await door.operator("POST", place + "/release")
    late = await door.operator("POST", place + "/refund", {})

    assert [code(early), code(late)] == ["charge_closed"] * 2


def item(ada: Customer, key: str | None, **more: object) -> dict[str, object]:
    return {"accountId": ada.id, "sku": "report", "idempotencyKey": key} | more


async def batch(door: Door, *items: dict[str, object]) -> list[Any]:
    answer = await door.operator("POST", CHARGES + "/batch", {"charges": items})
    assert answer.status_code == 200, answer.text
    results: list[Any] = answer.json()["results"]
    return results


async def test_one_key_twice_in_one_batch_charges_once(door: Door) -> None:
    ada = await door.customer()
    first, again, other, free = await batch(
        door, item(ada, "k1"), item(ada, "k1"), item(ada, "k1", quantity=2), item(ada, None)
    )

    assert (first["status"], first["body"]) == (again["status"], again["body"])
    assert (other["status"], other["body"]["error"]["code"]) == (422, "idempotency_key_reused")
    assert other["body"]["error"]["details"][0]["field"] == "quantity"
    assert free["body"]["seq"] == first["body"]["seq"] + 1
    assert (await ada.balance())["balanceInCreditCents"] == 600


async def test_a_key_of_a_batch_is_the_same_key_alone(door: Door) -> None:
    ada = await door.customer()
    (in_batch,) = await batch(door, item(ada, "k1"))
    alone = await door.charge(ada, key="k1")
    second = await door.charge(ada, key="k2")
    (after,) = await batch(door, item(ada, "k2"))

    assert alone.json() == in_batch["body"]
    assert alone.headers["idempotent-replayed"] == "true"
    assert after["body"] == second.json()
    assert (await ada.balance())["balanceInCreditCents"] == 600


async def test_a_bad_item_does_not_spoil_the_others(door: Door) -> None:
    ada, poor = await door.customer(10_000), await door.customer(0)
    bad: list[tuple[dict[str, object], int]] = [
        (item(ada, None, sku="unknown"), 400),
        (item(ada, None, workspace="london"), 400),
        (item(ada, None, workspace="a\0"), 400),
        (item(ada, None, quantity=0), 400),
        (item(ada, "k" * 256), 400),
        (item(ada, None, occurredAt="2020-01-01T00:00:00Z"), 400),
        (item(ada, None, occurredAt="2999-01-01T00:00:00Z"), 400),
        (item(ada, None, occurredAt="2026-01-01T00:00:00"), 400),
        (item(poor, None), 402),
        ({"accountId": "acc_0000000000000001", "sku": "report"}, 404),
        ({"apiKey": "pk_unknown", "sku": "report"}, 401),
        ({"apiKey": ada.key, "accountId": ada.id, "sku": "report"}, 400),
        ({"sku": "report"}, 400),
    ]
    mixed = [each for one, _ in bad for each in (one, item(ada, None))]
    results = await batch(door, *mixed)

    assert [result["status"] for result in results[::2]] == [status for _, status in bad]
    assert [result["status"] for result in results[1::2]] == [201] * len(bad)
    assert (await ada.balance())["balanceInCreditCents"] == 10_000 - 200 * len(bad)


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_has_1_to_1000_items(lite: Door, count: int) -> None:
    ada = await lite.customer()
    answer = await lite.operator("POST", CHARGES + "/batch", {"charges": [item(ada, None)] * count})

    assert (answer.status_code, fields(answer)) == (400, ["charges"])
    assert (await ada.balance())["balanceInCreditCents"] == 1000
