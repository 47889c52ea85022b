"""The statements pages show what the API tells, hand out its files, and stay with their account."""

import csv

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import text_of

STATEMENTS = "/v2/billing/statements"
HOSTILE = "<script>alert(1)</script> & \u202b\u05e9\u05dc\u05d5\u05dd\u202c " + "W" * 200


async def row_of(who: Customer, workspace: str | None) -> tuple[str, str]:
    """The month that is open, and the id of a workspace's statement of it."""
    month = (await who.ask("GET", f"{STATEMENTS}/months")).json()[0]["month"]
    listed = (await who.ask("GET", f"{STATEMENTS}?month={month}")).json()["data"]
    found = next(
        one["id"] for one in listed if (one["workspace"] and one["workspace"]["name"]) == workspace
    )
    return month, found


async def test_the_files_are_those_of_the_api(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("acme", "<b>Acme</b>")
    await door.charge(ada, workspace="acme", credits=2.5, settle=True)
    month, ident = await row_of(ada, "acme")
    async with pages.admin(door, ada) as person:
        page = await person.see("/statements")
        files = {
            ending: await person.see(f"/statements/{ident}.{ending}")
            for ending in ("pdf", "csv", "json")
        }
        stored = await ada.ask("GET", f"{STATEMENTS}/{ident}.csv")
        everything = await person.see(f"/statements/archive/{month}.zip")
        odd = await person.see(f"/statements/{ident}.exe")

    assert "<b>Acme</b>" in text_of(page)
    assert "<b>Acme</b>" not in page.text
    assert files["pdf"].content.startswith(b"%PDF-")
    assert files["csv"].content == stored.content
    assert files["json"].json()["id"] == ident
    assert everything.content.startswith(b"PK")
    assert odd.status_code == 404


async def test_one_statement_shows_its_lines_and_the_charges_behind_each(door: Door) -> None:
    """Somebody who doubts a line can look at every charge of it."""
    ada = await door.customer(currency="JPY", creditPrice=150)
    await ada.workspace("acme", HOSTILE)
    made = await door.charge(ada, workspace="acme", credits=2, settle=True)
    await door.charge(ada, "page", workspace="acme", credits=7, settle=True)
    month, ident = await row_of(ada, "acme")
    async with pages.admin(door, ada) as person:
        listed = await person.see("/statements")
        page = await person.see(f"/statements/{ident}")
        behind = await person.see(f"/statements/{ident}/charges?sku=report")
        file = await person.see(f"/statements/{ident}/charges.csv?sku=report&month={month}")
        none = await person.see(f"/statements/{ident}/charges?sku=other")
        bad = [
            await person.see(f"/statements/{ident}/charges{query}")
            for query in ("", "?sku=a b", "?sku=report&month=2026-13", "?sku=report&cursor=x")
        ]

    assert f'/statements/{ident}"' in listed.text
    for words in (HOSTILE, "This is a draft", "1,350 JPY", "150 JPY / credit", "300 JPY"):
        assert words in text_of(page), words
    assert "<script>alert" not in page.text
    assert f"/statements/{ident}/charges?sku=report" in page.text
    assert made.json()["id"] in behind.text
    assert HOSTILE in text_of(behind)
    assert "page" not in text_of(behind).partition("<tbody>")[2]
    rows = list(csv.DictReader(file.text.splitlines()))
    assert [(one["id"], one["lineCredits"]) for one in rows] == [(made.json()["id"], "2")]
    assert "No charge is on this line" in none.text
    assert [one.status_code for one in bad] == [400] * 4


async def test_usage_without_a_workspace_has_a_page_too(lite: Door) -> None:
    ada = await lite.customer()
    await lite.charge(ada, workspace=None, credits=3, settle=True)
    _, ident = await row_of(ada, None)
    async with pages.admin(lite, ada) as person:
        page = text_of(await person.see(f"/statements/{ident}"))

    assert "usage of no workspace" in page
    assert "3.00" in page


async def test_many_lines_and_many_charges_come_in_pages(lite: Door) -> None:
    """However much a client used, a page is short."""
    ada = await lite.customer(100_000)
    items = [
        {"accountId": ada.id, "workspace": "default", "sku": f"sku-{n:03}", "credits": 1}
        | {"settle": True}
        for n in range(130)
    ]
    for sku in ("sku-000",) * 60:
        items.append(items[0] | {"sku": sku})
    sent = await lite.operator("POST", "/v2/operator/charges/batch", {"charges": items})
    assert sent.status_code == 200, sent.text
    _, ident = await row_of(ada, "default")
    async with pages.admin(lite, ada) as person:
        first = await person.see(f"/statements/{ident}")
        second = await person.see(f"/statements/{ident}?page=2")
        charges = await person.see(f"/statements/{ident}/charges?sku=sku-000")
        older = text_of(charges).partition('href="?sku=sku-000&cursor=')[2].partition('"')[0]
        rest = await person.see(f"/statements/{ident}/charges?sku=sku-000&cursor={older}")

    assert first.text.count("<code>sku-") == 100
    assert second.text.count("<code>sku-") == 30
    assert "?page=2" in first.text
    assert "?page=3" not in second.text
    seen = [page.text.count("/developers/requests/chg_") for page in (charges, rest)]
    assert seen == [50, 11]


async def test_a_client_has_a_page_of_its_months(lite: Door) -> None:
    ada = await lite.customer()
    await ada.workspace("acme", HOSTILE)
    await lite.charge(ada, workspace="acme", credits=2.5, settle=True)
    rows = {one["name"]: one["id"] for one in (await ada.ask("GET", "/v2/workspaces")).json()}
    _, ident = await row_of(ada, "acme")
    async with pages.admin(lite, ada) as person:
        linked = await person.see(f"/workspaces/{rows['acme']}")
        page = await person.see(f"/workspaces/{rows['acme']}/statements")
        beyond = await person.see(f"/workspaces/{rows['acme']}/statements?page=9")

    assert f"/workspaces/{rows['acme']}/statements" in linked.text
    assert f"/statements/{ident}" in page.text
    assert HOSTILE in text_of(page)
    assert "No statement here" in beyond.text


async def test_a_statement_of_another_account_is_not_found(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    await lite.charge(bob, credits=1, settle=True)
    month = (await bob.ask("GET", f"{STATEMENTS}/months")).json()[0]["month"]
    listed = (await bob.ask("GET", f"{STATEMENTS}?month={month}")).json()["data"]
    place = (await bob.ask("GET", "/v2/workspaces")).json()[0]["id"]
    async with pages.admin(lite, ada) as person:
        for row in listed:
            for path in ("", ".pdf", "/charges?sku=report", "/charges.csv?sku=report"):
                answer = await person.see(f"/statements/{row['id']}{path}")
                assert answer.status_code == 404, path
        assert (await person.see(f"/workspaces/{place}/statements")).status_code == 404
        assert (await person.see("/statements/stm_made-up.pdf")).status_code == 404
        assert (await person.see("/statements?month=2026-13")).status_code == 400
