"""The operator's pages: what they change is what the API changes, once, and written down."""

import re
from typing import Any

import pytest

from tests.kit import pages
from tests.kit.door import Door
from tests.kit.pages import text_of

PRICE = {"sku": "esp-data", "credits": "1.25", "unit": "request", "description": "Spain"}


async def test_a_new_account_has_its_admins(door: Door) -> None:
    async with pages.operator(door) as boss:
        made = await boss.send(
            "/operator", name="Zoé", admins="zoe@example.com\r\nzoe@example.com\r\nops@example.com"
        )
        account = made.headers["location"].rpartition("/")[2]
        log = text_of(await boss.see(f"/operator/audit?account={account}"))
        found = text_of(await boss.see("/operator?search=ops@example"))
    row = (await door.operator("GET", f"/v2/operator/accounts/{account}")).json()

    assert row["name"] == "Zoé"
    assert row["admins"] == ["zoe@example.com", "ops@example.com"]
    assert "account created" in log
    assert account in found


@pytest.mark.parametrize(("typed", "cents"), [("0", 0), ("-12.50", -1250), ("", None)])
async def test_a_new_account_has_the_minimum_balance_that_was_typed(
    lite: Door, typed: str, cents: int | None
) -> None:
    """Blank is none, not zero: they differ by a request that goes below."""
    async with pages.operator(lite) as boss:
        made = await boss.send("/operator", name="Zoé", minimumBalanceCents=typed)
        account = made.headers["location"].rpartition("/")[2]
        wrong = await boss.send("/operator", form="new", name="Zoé", minimumBalanceCents="much")
    row = (await lite.operator("GET", f"/v2/operator/accounts/{account}")).json()

    assert row["minimumBalanceCents"] == cents
    assert wrong.status_code == 400


async def test_credit_is_booked_once_by_two_clicks(door: Door) -> None:
    """The form carries a key, made when it was shown."""
    ada = await door.customer(cents=0)
    place = f"/operator/accounts/{ada.id}"
    async with pages.operator(door) as boss:
        key = re.search(r'name="key" value="(\w+)"', (await boss.see(place)).text)
        assert key is not None
        fields = {"cents": "12.50", "reason": "Invoice 7", "key": key[1]}
        clicks = [await boss.send(f"{place}/credit", **fields) for _ in range(2)]
        taken = await boss.send(f"{place}/credit", cents="-2", reason="Oops", key="other")
        log = text_of(await boss.see("/operator/audit"))

    assert [one.status_code for one in (*clicks, taken)] == [303, 303, 303]
    assert (await ada.balance())["balanceInCreditCents"] == 1050
    assert "credit granted" in log
    assert "credit corrected" in log


async def test_closing_the_clock_and_entering(door: Door) -> None:
    ada = await door.customer()
    place = f"/operator/accounts/{ada.id}"
    async with pages.operator(door) as boss:
        assert (await boss.see(f"/dashboard/{ada.id}")).status_code == 404, "not entered yet"
        await boss.send(f"{place}/clock", advanceSeconds="86400")
        await boss.send(f"{place}/enter")
        inside = await boss.see(f"/dashboard/{ada.id}")
        await boss.send("/operator/leave")
        outside = await boss.see(f"/dashboard/{ada.id}")
        await boss.send(f"{place}/close")
        refused = await ada.ask("GET", "/v2/billing/balance")
        await boss.send(f"{place}/reopen")
        log = text_of(await boss.see("/operator/audit"))

    assert "You are the operator" in text_of(inside)
    assert outside.status_code == 404
    assert refused.status_code == 403
    assert (await ada.ask("GET", "/v2/billing/balance")).status_code == 200
    for words in ("clock advanced", "account entered", "account closed", "account reopened"):
        assert words in log


async def test_facts_are_changed_as_they_are_sent(lite: Door) -> None:
    ada = await lite.customer()
    place = f"/operator/accounts/{ada.id}"
    facts = {"name": "Ada II", "admins": "a@example.com", "creditPrice": "2.50"}
    async with pages.operator(lite) as boss:
        await boss.send(place, **facts, minimumBalanceCents="-50")
        changed = (await lite.operator("GET", ada.place)).json()
        wrong = await boss.send(
            place, form="facts", **(facts | {"admins": "a@example.com\nnobody"})
        )
        log = text_of(await boss.see("/operator/audit"))

    assert (changed["name"], changed["admins"]) == ("Ada II", ["a@example.com"])
    assert (changed["creditPrice"], changed["minimumBalanceCents"]) == (250, -5000)
    assert wrong.status_code == 400
    assert "no mail address: nobody" in text_of(wrong)
    assert "credit_price: 100 → 250" in log


@pytest.mark.parametrize("whose", ["list", "own"])
async def test_a_price_is_added_changed_and_removed(lite: Door, whose: str) -> None:
    ada = await lite.customer()
    place, api = "/operator/prices", "/v2/operator/prices"
    if whose == "own":
        place, api = f"/operator/accounts/{ada.id}/prices", f"{ada.place}/prices"

    async def price() -> Any:
        rows = (await lite.operator("GET", api)).json()["prices"]
        return {row["sku"]: row["credits"] for row in rows}.get("esp-data")

    async with pages.operator(lite) as boss:
        assert (await boss.send(place, **PRICE)).status_code == 303
        assert await price() == 1.25
        await boss.send(place, **(PRICE | {"credits": "0.000001"}))
        assert await price() == 0.000001
        for wrong in ("free", "-1", "NaN", "1e400", "0.0000001"):
            answer = await boss.send(place, form="price", **(PRICE | {"credits": wrong}))
            assert answer.status_code == 400, wrong
        assert await price() == 0.000001
        await boss.send(f"{place}/remove", sku="esp-data")
        assert await price() is None
        assert (await boss.send(f"{place}/remove", sku="esp-data")).status_code == 404


async def test_the_other_prices_stay(lite: Door) -> None:
    before = (await lite.operator("GET", "/v2/operator/prices")).json()["prices"]
    async with pages.operator(lite) as boss:
        await boss.send("/operator/prices", **PRICE)
        await boss.send("/operator/prices/remove", sku="esp-data")

    assert (await lite.operator("GET", "/v2/operator/prices")).json()["prices"] == before
    assert before


async def test_what_is_not_there_is_not_found(lite: Door) -> None:
    async with pages.operator(lite) as boss:
        for path in ("/operator/accounts/made-up", "/operator/accounts/acc_0000000000000001"):
            assert (await boss.see(path)).status_code == 404
        assert (await boss.see("/operator/audit?account=made-up")).status_code in (400, 404)
        assert (await boss.see("/operator?after=made-up")).status_code in (400, 404)


async def test_a_sign_in_link_is_shown_once_and_written_down(door: Door) -> None:
    """Where no mail is sent, the operator hands it over; the log says to whom, not the link."""
    ada = await door.customer(admins=["ada@example.com"])
    place = f"/operator/accounts/{ada.id}"
    async with pages.operator(door) as boss:
        made = await boss.told(f"{place}/sign-in-link", form="link", email="ada@example.com")
        again = await boss.see(place)
        log = text_of(await boss.see(f"/operator/audit?account={ada.id}"))
    found = re.search(r"http://shop.test(/dashboard/sign-in/[\w-]+)<", made.text)
    assert found is not None, made.text

    async with pages.signed_in(door, found[1], f"/dashboard/{ada.id}") as person:
        assert (await person.see("/billing")).status_code == 200
    assert "/dashboard/sign-in/" not in again.text
    assert "sign-in link made" in log
    assert "ada@example.com" in log
    assert found[1] not in log


async def test_no_link_is_made_for_who_is_no_admin_of_the_account(lite: Door) -> None:
    ada = await lite.customer(admins=["ada@example.com"])
    await lite.customer(admins=["bob@example.com"])
    async with pages.operator(lite) as boss:
        place = f"/operator/accounts/{ada.id}"
        answer = await boss.send(f"{place}/sign-in-link", form="link", email="bob@example.com")
        log = text_of(await boss.see("/operator/audit"))

    assert answer.status_code == 400
    assert "/dashboard/sign-in/" not in answer.text
    assert "must be the address of an admin of this account" in text_of(answer)
    assert "sign-in link made" not in log


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1.00", 100), ("0.01", 1), ("1,000", 100_000), ("0", None), ("-1", None), ("0.001", None)]
    + [(wrong, None) for wrong in ("free", "NaN", "Infinity", "1e400", "1e999999999")],
)
async def test_the_price_of_a_credit_is_typed_as_it_is_told(
    lite: Door, typed: str, kept: int | None
) -> None:
    ada = await lite.customer(creditPrice=250)
    place = f"/operator/accounts/{ada.id}"
    async with pages.operator(lite) as boss:
        shown = text_of(await boss.see(place))
        answer = await boss.send(place, form="facts", name="Ada", creditPrice=typed)
    price = (await lite.operator("GET", ada.place)).json()["creditPrice"]

    assert 'value="2.50"' in shown
    assert answer.status_code == (400 if kept is None else 303), answer.text
    assert price == (kept or 250)


async def test_the_log_tells_times_in_words_and_the_operator_once(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.operator(lite) as boss:
        place = f"/operator/accounts/{ada.id}"
        await boss.send(f"{place}/clock", advanceSeconds="2592000")
        flash = text_of(await boss.see(place))
        log = text_of(await boss.see(f"/operator/audit?account={ada.id}"))

    assert re.search(r"The account's time is \d+ \w+ \d{4}, \d\d:\d\d UTC\.", flash)
    assert "30 days" in log
    assert len(re.findall(r">\s*operator\b", log)) == 1
