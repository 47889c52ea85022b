"""Auto top-up over HTTP, as an account and its operator use it: sandbox provider, test clock."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from prepaid.flows.topups import topup as topups
from tests.kit.door import Customer, Door, code, fields, opened_door
from tests.topups.kiosk import Kiosk, opened

AUTO, METHOD, TOPUPS = "/v2/billing/auto-topup", "/v2/billing/payment-method", "/v2/billing/topups"
WISHES = {"enabled": True, "thresholdInCreditCents": 5_000, "amountInCreditCents": 10_000}


@pytest.fixture
async def kiosk(database_url: str) -> AsyncIterator[Kiosk]:
    async with opened(database_url) as made:
        yield made


@pytest.fixture
async def door(kiosk: Kiosk) -> AsyncIterator[Door]:
    async with opened_door(kiosk.shop) as made:
        yield made


async def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def ada_with(
    door: Door, cents: float, card: str = "pm_card_visa", **facts: object
) -> Customer:
    """An account with a card and notifications on."""
    ada = await door.customer(cents, **facts)
    config = {
        "autoTopupNotificationsEnabled": True,
        "lowBalanceEnabled": True,
        "lowBalanceTiers": [{"tier": "warning", "cents": 5_000}],
    }
    await ok(await ada.ask("PATCH", "/v2/billing/notifications/config", json=config))
    await ok(await ada.ask("PUT", METHOD, json={"paymentMethod": card}))
    return ada


async def payloads(ada: Customer, kind: str) -> list[Any]:
    recent = await ok(
        await ada.ask("GET", "/v2/billing/notifications/recent", params={"kind": kind})
    )
    return [one["payload"] for one in recent]


async def test_charges_below_the_threshold_buy_once_and_are_told_as_the_guide_says(
    door: Door,
) -> None:
    ada = await ada_with(door, 10_000)
    shown = await ok(await ada.ask("PATCH", AUTO, json=WISHES))
    assert shown == {
        **WISHES,
        "maxPerDay": 5,
        "maxPerMonthInCreditCents": None,
        "failedAt": None,
    }
    for _ in range(20):
        await ok(await door.charge(ada, credits=4.825, settle=True), 201)
    await topups.work(door.shop.desk)

    (low,) = await payloads(ada, "low_balance")
    assert low["autoTopupEnabled"] is True
    (told,) = await payloads(ada, "auto_topup")
    (topup,) = (await ok(await ada.ask("GET", TOPUPS)))["data"]
    assert told == {
        "type": "billing.auto_topup.succeeded",
        "version": "1",
        "accountId": ada.id,
        "amountCents": 10_000,
        "previousBalanceCents": 350,
        "newBalanceCents": 10_350,
        "thresholdCents": 5_000,
        "paymentIntentId": topup["paymentIntentId"],
        "firedAt": told["firedAt"],
    }
    assert list(told) == [
        "type", "version", "accountId", "amountCents", "previousBalanceCents",
        "newBalanceCents", "thresholdCents", "paymentIntentId", "firedAt",
    ]  # fmt: skip
    assert await ada.balance() == {
        "balanceInCreditCents": 10_350,
        "status": "ok",
        "autoTopup": WISHES,
        "lowBalanceThresholds": [{"tier": "warning", "cents": 5_000}],
    }
    state = await ok(await ada.ask("GET", "/v2/billing/notifications/state"))
    assert state["lowBalance"]["tiers"][0]["armed"] is True


async def test_a_decline_is_told_once_and_needs_a_new_card(door: Door) -> None:
    ada = await ada_with(door, 10_000, "pm_card_chargeDeclined")
    await ok(await ada.ask("PATCH", AUTO, json=WISHES))
    await ok(await door.charge(ada, credits=60, settle=True), 201)
    await topups.work(door.shop.desk)
    item = {"accountId": ada.id, "sku": "x", "credits": 0.01, "settle": True}
    batch = {"charges": [item] * 1_000}
    await ok(await door.operator("POST", "/v2/operator/charges/batch", batch))
    await topups.work(door.shop.desk)

    (told,) = await payloads(ada, "auto_topup")
    assert told | {"firedAt": ""} == {
        "type": "billing.auto_topup.failed",
        "version": "1",
        "accountId": ada.id,
        "attemptedAmountCents": 10_000,
        "currentBalanceCents": 4_000,
        "errorMessage": "card_declined",
        "paymentIntentId": None,
        "autoTopupDisabled": True,
        "firedAt": "",
    }
    assert len((await ok(await ada.ask("GET", TOPUPS)))["data"]) == 1
    assert (await ada.balance())["autoTopup"]["enabled"] is False
    refused = await ada.ask("PATCH", AUTO, json={"enabled": True})
    assert (refused.status_code, fields(refused)) == (400, ["enabled"])

    await ok(await ada.ask("PUT", METHOD, json={"paymentMethod": "pm_card_visa"}))
    await ok(await ada.ask("PATCH", AUTO, json={"enabled": True}))
    await topups.work(door.shop.desk)
    assert (await ada.balance())["balanceInCreditCents"] == 13_000


async def test_the_days_cap_ends_with_the_accounts_own_day(door: Door) -> None:
    ada = await ada_with(door, 100)
    wishes = {"enabled": True, "thresholdInCreditCents": 1_000, "amountInCreditCents": 100}
    await ok(await ada.ask("PATCH", AUTO, json=wishes | {"maxPerDay": 2}))
    while await topups.work(door.shop.desk):
        pass
    assert (await ada.balance())["balanceInCreditCents"] == 300

    await ok(await door.operator("POST", ada.place + "/clock", {"advanceSeconds": 86_400}))
    await topups.check_levels(door.shop.desk)
    while await topups.work(door.shop.desk):
        pass
    assert (await ada.balance())["balanceInCreditCents"] == 500


async def test_by_hand_with_state_and_history(door: Door) -> None:
    ada = await ada_with(door, 1_000, creditPrice=120, currency="CHF")
    body = {"amountInCreditCents": 250}
    headers = {"x-api-key": ada.key, "idempotency-key": "order-1"}
    first, again = [await door.client.post(TOPUPS, json=body, headers=headers) for _ in range(2)]
    other = await door.client.post(TOPUPS, json={"amountInCreditCents": 300}, headers=headers)
    busy = await ada.ask("POST", TOPUPS, json=body)
    await topups.work(door.shop.desk)

    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (code(other), fields(other)) == ("idempotency_key_reused", ["amountInCreditCents"])
    assert (busy.status_code, code(busy)) == (409, "topup_in_progress")
    shown = await ok(await ada.ask("GET", f"{TOPUPS}/{first.json()['id']}"))
    assert (shown["status"], shown["price"], shown["currency"]) == ("succeeded", 300, "CHF")
    assert [one["what"] for one in shown["history"]] == ["opened", "asked", "succeeded"]
    assert shown["receiptUrl"].startswith("https://")
    assert await payloads(ada, "auto_topup") == []
    entries = (await ok(await ada.ask("GET", "/v2/billing/ledger")))["data"]
    assert (entries[0]["kind"], entries[0]["note"]) == ("topup", shown["id"])


async def test_a_page_of_topups_goes_on_where_the_last_one_ended(door: Door) -> None:
    ada = await ada_with(door, 1_000)
    made = []
    for _ in range(5):
        made.append(await ok(await ada.ask("POST", TOPUPS, json={"amountInCreditCents": 100}), 201))
        await topups.work(door.shop.desk)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        found = await ok(await ada.ask("GET", TOPUPS, params={"limit": 2} | cursor))
        seen += [one["id"] for one in found["data"]]
        if found["nextCursor"] is None:
            break
        cursor = {"cursor": found["nextCursor"]}

    assert seen == [one["id"] for one in reversed(made)]


async def test_an_accounts_card_can_be_entered_elsewhere_shown_and_removed(door: Door) -> None:
    ada = await door.customer()
    assert (await ada.ask("GET", METHOD)).status_code == 404
    refused = await ada.ask("PUT", METHOD, json={"paymentMethod": "pm_of_somebody"})
    assert (refused.status_code, fields(refused)) == (400, ["paymentMethod"])
    enabled = await ada.ask("PATCH", AUTO, json=WISHES)
    assert (enabled.status_code, fields(enabled)) == (400, ["enabled"])

    link = await ok(
        await ada.ask("POST", METHOD + "/setup", json={"backUrl": "https://a.example/back"}), 201
    )
    assert link["url"].startswith("https://a.example/back?")
    await ok(await ada.ask("PUT", METHOD, json={"paymentMethod": "pm_card_visa"}))
    shown = await ok(await ada.ask("GET", METHOD))
    assert (shown["brand"], shown["last4"]) == ("visa", "4242")
    await ok(await ada.ask("PATCH", AUTO, json=WISHES | {"thresholdInCreditCents": 0}))
    await ok(await ada.ask("DELETE", METHOD))
    assert (await ada.ask("GET", METHOD)).status_code == 404
    assert (await ada.balance())["autoTopup"]["enabled"] is False


async def test_the_providers_event_needs_its_signature(door: Door, kiosk: Kiosk) -> None:
    ada = await ada_with(door, 1_000)
    bought = await ok(await ada.ask("POST", TOPUPS, json={"amountInCreditCents": 100}), 201)
    await topups.work(door.shop.desk)
    (payment,) = kiosk.provider.payments
    body, signature = kiosk.provider.signed(kiosk.provider.refund(payment, 40))
    path = "/v2/integrations/stripe/webhook"
    forged = await door.client.post(path, content=body, headers={"stripe-signature": "0"})
    assert (forged.status_code, code(forged)) == (400, "invalid_request")
    assert (await ada.balance())["balanceInCreditCents"] == 1_100

    for _ in range(2):
        await ok(
            await door.client.post(path, content=body, headers={"stripe-signature": signature})
        )
    assert (await ada.balance())["balanceInCreditCents"] == 1_060
    shown = await ok(await ada.ask("GET", f"{TOPUPS}/{bought['id']}"))
    assert shown["history"][-1]["what"] == "refunded"
