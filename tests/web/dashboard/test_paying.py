"""Money on the billing page: the card, auto top-up, buying, and the history of all of it."""

from typing import Any

from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import METHODS
from prepaid.web.dashboard.billing.sandbox_cards import CARDS
from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import Person, text_of
from tests.web.examples import BILLING, CARD

AUTO = {
    "form": "auto-topup",
    "enabled": "true",
    "thresholdInCreditCents": "10",
    "amountInCreditCents": "1,250.50",
    "maxPerDay": "3",
    "maxPerMonthInCreditCents": "5000",
}


async def auto(who: Customer) -> Any:
    return (await who.ask("GET", BILLING + "/auto-topup")).json()


async def bought(who: Customer) -> Any:
    return (await who.ask("GET", BILLING + "/topups")).json()["data"]


async def key_of(person: Person) -> str:
    """What the form of buying carries."""
    page = (await person.see("/billing")).text
    return page.partition('name="key" value="')[2].partition('"')[0]


async def audit(person: Person) -> str:
    return text_of(await person.see("/audit"))


def test_the_cards_offered_are_those_of_the_sandbox() -> None:
    assert tuple(card.reference for card in CARDS) == METHODS


async def test_auto_topup_is_set_in_credits(door: Door) -> None:
    ada = await door.customer(cents=100_000)
    await ada.ask("PUT", BILLING + "/payment-method", json=CARD)
    async with pages.admin(door, ada) as person:
        saved = await person.send("/billing/auto-topup", **AUTO)
        first = await auto(ada)
        again = await person.send("/billing/auto-topup", **AUTO)
        limitless = AUTO | {"maxPerMonthInCreditCents": "", "enabled": "false"}
        await person.send("/billing/auto-topup", **limitless)
        shown = await person.see("/billing")
        said = await audit(person)

    assert saved.status_code == again.status_code == 303
    assert first == {
        "enabled": True,
        "thresholdInCreditCents": 1_000,
        "amountInCreditCents": 125_050,
        "maxPerDay": 3,
        "maxPerMonthInCreditCents": 500_000,
        "failedAt": None,
    }
    assert (await auto(ada)) == first | {"enabled": False, "maxPerMonthInCreditCents": None}
    assert 'value="1250.50"' in shown.text
    assert said.count("auto top-up changed") == 2, "the one in the middle changed nothing"
    assert "amountInCreditCents: 0 → 125050" in said


WRONG_WISHES: list[tuple[dict[str, str], str]] = [
    ({}, "needs a payment method"),
    ({"amountInCreditCents": ""}, "is required"),
    ({"amountInCreditCents": "0.99"}, "must be 1 to"),
    ({"amountInCreditCents": "much"}, "amount of credits"),
    ({"amountInCreditCents": "99999999"}, "a payment is at most"),
    ({"thresholdInCreditCents": "-1"}, "must be 0 to"),
    ({"maxPerDay": "0"}, "at least 1"),
    ({"maxPerDay": "101"}, "at most 100"),
    ({"maxPerDay": "few"}, "whole number"),
    ({"maxPerMonthInCreditCents": "0.50"}, "must be 1 to"),
    ({"enabled": "perhaps"}, "must be true or false"),
    ({"failedAt": "never"}, "failed at is not a field"),
]


async def test_wrong_wishes_change_nothing(lite: Door) -> None:
    """Enabling without a card is refused too, at its switch."""
    ada = await lite.customer()
    before = await auto(ada)
    async with pages.admin(lite, ada) as person:
        for fields, words in WRONG_WISHES:
            answer = await person.send("/billing/auto-topup", **AUTO | fields)

            assert answer.status_code == 400, words
            assert words in text_of(answer), words
        said = await audit(person)
    assert await auto(ada) == before
    assert "auto top-up changed" not in said


async def test_a_card_is_set_and_removed(door: Door) -> None:
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        empty = text_of(await person.see("/billing"))
        for reference in ("pm_card_unknown", "no id at all", ""):
            wrong = await person.send(
                "/billing/payment-method", form="method", paymentMethod=reference
            )
            assert wrong.status_code == 400
            assert 'aria-invalid="true"' in wrong.text
        await person.send("/billing/payment-method", paymentMethod="pm_card_visa")
        shown = text_of(await person.see("/billing"))
        held = (await ada.ask("GET", BILLING + "/payment-method")).json()
        await person.send("/billing/auto-topup", **AUTO)
        await person.send("/billing/payment-method/remove")
        said = await audit(person)

    assert "No payment method yet" in empty
    assert "Visa •••• 4242" in shown
    assert held["paymentMethod"] == "pm_card_visa"
    assert (await ada.ask("GET", BILLING + "/payment-method")).status_code == 404
    assert (await auto(ada))["enabled"] is False
    assert said.count("payment method set") == said.count("payment method removed") == 1


async def test_an_account_that_is_no_sandbox_pastes_an_id(lite: Door) -> None:
    """Without a provider it is told at the field; no test card is offered for real money."""
    ada = await lite.customer(sandbox=False)
    async with pages.admin(lite, ada) as person:
        page = text_of(await person.see("/billing"))
        wrong = await person.send(
            "/billing/payment-method", form="method", paymentMethod="pm_1PqXyZ"
        )
        setup = await person.send("/billing/payment-method/setup", form="method")

    assert "pm_card_visa" not in page
    assert "begins with pm_" in page
    for answer in (wrong, setup):
        assert answer.status_code == 400
        assert "takes no payments yet" in text_of(answer)


async def test_a_second_click_buys_nothing_more(door: Door) -> None:
    """The form's key is the purchase's: however often it comes, it is one, with one line."""
    ada = await door.customer()
    await ada.ask("PUT", BILLING + "/payment-method", json=CARD)
    async with pages.admin(door, ada) as person:
        key = await key_of(person)
        form = {"form": "buy", "amountInCreditCents": "25", "key": key}
        clicks = [await person.send("/billing/buy", **form) for _ in range(2)]
        waiting = text_of(await person.see("/billing/topups"))
        blocked = await person.send("/billing/buy", **form | {"key": await key_of(person)})
        await topups.work(door.shop.desk)
        late = await person.send("/billing/buy", **form)
        other = await person.send("/billing/buy", **form | {"amountInCreditCents": "26"})
        history = await bought(ada)
        listed = text_of(await person.see("/billing/topups"))
        one = text_of(await person.see(f"/billing/topups/{history[0]['id']}"))
        said = await audit(person)

    assert [answer.status_code for answer in (*clicks, late)] == [303] * 3
    assert "in progress" in waiting
    assert blocked.status_code == 409, "one at a time"
    assert other.status_code == 422
    assert key not in other.text, "a new sum needs a new key"
    assert [(row["status"], row["amountInCreditCents"]) for row in history] == [
        ("succeeded", 2_500)
    ]
    assert (await ada.balance())["balanceInCreditCents"] == 3_500
    assert said.count("credit bought") == 1
    assert "25.00 EUR" in listed
    assert "succeeded" in listed
    assert "Receipt" in one
    assert "Opened" in one


WRONG_PURCHASES = [
    ({"amountInCreditCents": ""}, "is required"),
    ({"amountInCreditCents": "0.5"}, "must be 1 to"),
    ({"amountInCreditCents": "1.001"}, "at most 2 decimals"),
    ({"amountInCreditCents": "99999999"}, "a payment is at most"),
    ({"key": "\u05d0"}, "printable"),
]


async def test_a_wrong_purchase_is_none(lite: Door) -> None:
    ada = await lite.customer()
    await ada.ask("PUT", BILLING + "/payment-method", json=CARD)
    async with pages.admin(lite, ada) as person:
        for fields, words in WRONG_PURCHASES:
            form = {"form": "buy", "amountInCreditCents": "25", "key": "k"}
            answer = await person.send("/billing/buy", **form | fields)

            assert answer.status_code == 400, words
            assert words in text_of(answer), words
    assert await bought(ada) == []


async def test_a_failed_topup_says_why_and_what_to_do(lite: Door) -> None:
    ada = await lite.customer()
    declined = {"paymentMethod": "pm_card_chargeDeclined"}
    told_of = {"autoTopupNotificationsEnabled": True}
    await ada.ask("PATCH", BILLING + "/notifications/config", json=told_of)
    await ada.ask("PUT", BILLING + "/payment-method", json=declined)
    async with pages.admin(lite, ada) as person:
        await person.send("/billing/auto-topup", **AUTO | {"thresholdInCreditCents": "100"})
        await topups.work(lite.shop.desk)
        page = text_of(await person.see("/billing"))
        (row,) = await bought(ada)
        one = text_of(await person.see(f"/billing/topups/{row['id']}"))
        (told,) = (await ada.ask("GET", BILLING + "/notifications/recent")).json()
        notification = text_of(await person.see(f"/notifications/{told['id']}"))
        overview = text_of(await person.see(""))

    assert "Declined: card_declined. Auto top-up is switched off." in overview
    assert row["id"] in notification
    assert "card_declined" in notification
    assert row["status"] == "failed"
    assert "It was switched off when a top-up failed" in page
    assert "card_declined" in one
    assert "Nothing was credited" in one


async def test_the_history_is_paged_and_nobody_elses(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    for who in (ada, bob):
        await who.ask("PUT", BILLING + "/payment-method", json=CARD)
    body = {"amountInCreditCents": 100}
    for _ in range(26):
        await ada.ask("POST", BILLING + "/topups", json=body)
        await topups.work(lite.shop.desk)
    newest, *_, oldest = await bought(ada)
    async with pages.admin(lite, ada) as person:
        first = await person.see("/billing/topups")
        rest = await person.see("/billing/topups?before=2")
        wrong = await person.see("/billing/topups?before=x")
    async with pages.admin(lite, bob, "bob@example.com") as other:
        none = await other.see("/billing/topups")
        theirs = await other.see(f"/billing/topups/{newest['id']}")
        nonsense = await other.see("/billing/topups/top_nonsense")

    assert newest["id"] in first.text
    assert oldest["id"] not in first.text
    assert "?before=2" in first.text
    assert oldest["id"] in rest.text
    assert wrong.status_code == 400
    assert "Nothing was bought yet" in none.text
    assert theirs.status_code == nonsense.status_code == 404
