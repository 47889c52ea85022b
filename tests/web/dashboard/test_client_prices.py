"""Prices for clients by forms: own ones, inherited ones, and the way back."""

from typing import Any

import pytest

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import Person, text_of

PRICES = "/v2/billing/client-prices"
EVERYONE = "/statements/prices/everyone"
HOSTILE = ["<script>alert(1)</script>", "\u202eevil", "W" * 255]


async def prices(who: Customer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await who.ask("GET", PRICES)).json()["prices"]
    return found


async def place(who: Customer, name: str = "acme") -> str:
    rows = (await who.ask("GET", "/v2/workspaces")).json()
    number = next(row["id"] for row in rows if row["name"] == name)
    return f"/statements/prices/{number}"


async def send(person: Person, path: str, kind: str, value: str, sku: str = "") -> Any:
    return await person.send(path, form="price", kind=kind, value=value, sku=sku)


async def test_own_prices_and_back_to_inheriting(door: Door) -> None:
    """What is not set is inherited, and the page says which is which."""
    ada = await door.customer(currency="EUR", creditPrice=100)
    await ada.workspace("acme", "Acme")
    here = await place(ada)
    async with pages.admin(door, ada) as person:
        plain = text_of(await person.see(here))
        sent = [
            await send(person, EVERYONE, "markup", "20 %"),
            await send(person, EVERYONE, "perRequest", "1.5", "report"),
            await send(person, here, "perCredit", "0.85"),
            await send(person, here, "perCredit", "0.85"),
            await send(person, here, "markup", "-10", "page"),
        ]
        told = await prices(ada)
        shown = text_of(await person.see(here))
        edited = text_of(await person.see(f"{here}?sku=page"))
        listed = text_of(await person.see("/statements/prices?own=true"))
        one = await person.send(f"{here}/remove", sku="page")
        fewer = await prices(ada)
        every = await person.send(f"{here}/inherit")
        nothing = await person.send(f"{here}/inherit")
        log = text_of(await person.see("/audit"))

    assert {answer.status_code for answer in (*sent, one, every, nothing)} == {303}
    assert "A price per request counts every settled request, refunded or free ones too." in plain
    assert "inherits all" in plain
    assert "1.00 EUR / credit" in plain
    assert told == [
        {"workspace": None, "sku": None, "markupPercent": 20},
        {"workspace": None, "sku": "report", "pricePerRequest": 1.5},
        {"workspace": "acme", "sku": None, "pricePerCredit": 0.85},
        {"workspace": "acme", "sku": "page", "markupPercent": -10},
    ]
    rows = [row.split("</tr>")[0] for row in shown.split("<tr>")[2:]]
    held = [row.partition("<b>")[2].partition("</b>")[0] for row in rows]
    assert held == ["0.85 EUR / credit", "0.90 EUR / credit", "0.85 EUR / credit"]
    assert "1.20 EUR / credit" in rows[0]
    assert "1.50 EUR / request" in rows[2]
    assert 'value="-10"' in edited
    assert "acme" in listed
    assert "default" not in listed.partition("<tbody>")[2]
    assert fewer == told[:3]
    assert await prices(ada) == told[:2]
    assert log.count("client price set") == 4, "what changes nothing leaves no line"
    assert log.count("client price removed") == log.count("client prices removed") == 1
    assert "every SKU: inherited → 0.85 EUR / credit" in log
    assert "page: -10 % → inherited" in log


async def test_a_price_from_the_form_is_billed(lite: Door) -> None:
    ada = await lite.customer(currency="EUR", creditPrice=100)
    await lite.charge(ada, credits=2, settle=True)
    async with pages.admin(lite, ada) as person:
        await send(person, EVERYONE, "perRequest", "4.25")
    month = (await ada.ask("GET", "/v2/billing/statements/months")).json()[0]["month"]
    listed = (await ada.ask("GET", f"/v2/billing/statements?month={month}")).json()["data"]

    assert [row["total"] for row in listed] == [4.25]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "markup", "value": "-101"}, "-100 to 10000 percent"),
        ({"kind": "markup", "value": "1.00001"}, "at most 4 decimals"),
        ({"kind": "perCredit", "value": "-1"}, "must be 0 to 1000000"),
        ({"kind": "perRequest", "value": "0.0000001"}, "at most 6 decimals"),
        ({"kind": "perRequest", "value": "NaN"}, "must be 0 to 1000000"),
        ({"kind": "perRequest", "value": "1e999999999"}, "must be 0 to 1000000"),
        ({"kind": "perRequest", "value": "cheap"}, "must be a number"),
        ({"kind": "perRequest", "value": ""}, "value"),
        ({"kind": "gift", "value": "1"}, "kind"),
        ({"kind": "markup", "value": "1", "sku": "no spaces"}, "must begin with a letter"),
        ({"kind": "markup", "value": "1", "workspace": "acme"}, "workspace"),
    ],
)
async def test_a_wrong_price_changes_nothing(
    lite: Door, fields: dict[str, str], message: str
) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        await send(person, EVERYONE, "markup", "7")
        before = await prices(ada)
        answer = await person.send(EVERYONE, form="price", **fields)

    assert answer.status_code == 400, answer.text
    assert message in text_of(answer)
    assert await prices(ada) == before


async def test_names_are_shown_as_they_were_written(lite: Door) -> None:
    ada = await lite.customer()
    for number, legal_name in enumerate(HOSTILE):
        await ada.workspace(f"w{number}", legal_name)
    async with pages.admin(lite, ada) as person:
        listed = await person.see("/statements/prices")
        found = await person.see("/statements/prices?search=%3Cscript")
        alone = await person.see(await place(ada, "w0"))

    for page in (listed, found, alone):
        assert "<script>alert" not in page.text
        assert HOSTILE[0] in text_of(page)
    assert all(name in text_of(listed) for name in HOSTILE)
    assert HOSTILE[2] not in text_of(found)


async def test_a_workspace_of_another_account_is_not_found(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    there = await place(bob, "default")
    async with pages.admin(lite, ada) as person:
        for path in (there, "/statements/prices/ws_made-up", "/statements/prices/everybody"):
            assert (await person.see(path)).status_code == 404
            assert (await send(person, path, "markup", "9")).status_code == 404
            assert (await person.send(f"{path}/inherit")).status_code == 404

    assert await prices(bob) == []


async def test_an_archived_workspace_keeps_its_prices_until_they_are_removed(lite: Door) -> None:
    """Its last month is still to be billed."""
    ada = await lite.customer()
    await ada.workspace("acme", "Acme")
    here = await place(ada)
    async with pages.admin(lite, ada) as person:
        await send(person, here, "markup", "5")
        await ada.ask("DELETE", "/v2/workspaces/acme")
        listed = text_of(await person.see("/statements/prices"))
        shown = text_of(await person.see(here))
        await person.send(f"{here}/inherit")
        later = text_of(await person.see("/statements/prices"))

    assert "acme" in listed
    assert "archived" in shown
    assert "acme" not in later


async def test_there_is_an_end_to_prices(lite: Door) -> None:
    ada = await lite.customer()
    full = [{"sku": f"sku-{n}", "markupPercent": 1} for n in range(10_000)]
    assert (await ada.ask("PUT", PRICES, json={"prices": full})).status_code == 200
    async with pages.admin(lite, ada) as person:
        more = await send(person, EVERYONE, "markup", "2", "one-more")
        same = await send(person, EVERYONE, "markup", "2", "sku-1")
        page = await person.see(EVERYONE)

    assert more.status_code == 400
    assert "10000 are allowed" in text_of(more)
    assert same.status_code == 303
    assert page.text.count("<code>sku-") == 99, "a page of them, the first line is for the rest"
