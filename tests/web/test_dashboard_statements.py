"""The statements page hands out the bills of the API, and keeps what stands in their heads."""

import pytest

from tests.kit import pages
from tests.kit.door import Door
from tests.kit.pages import text_of

DETAILS = {
    "legalName": "Ada & Töchter",
    "address": "1 Rue de la Paix\r\n75002 Paris\r\n",
    "taxLabel": "TVA",
    "taxRate": "20",
    "timeZone": "Europe/Paris",
    "numberPrefix": "A-",
    "automatic": "true",
}


async def test_the_files_are_those_of_the_api(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("acme", "<b>Acme</b>")
    await door.charge(ada, workspace="acme", credits=2.5, settle=True)
    async with pages.admin(door, ada) as person:
        page = await person.see("/statements")
        month = (await ada.ask("GET", "/v2/billing/statements/months")).json()[0]["month"]
        listed = await ada.ask("GET", f"/v2/billing/statements?month={month}")
        (row,) = [one for one in listed.json()["data"] if one["count"]]
        files = {
            ending: await person.see(f"/statements/{row['id']}.{ending}")
            for ending in ("pdf", "csv", "json")
        }
        stored = await ada.ask("GET", f"/v2/billing/statements/{row['id']}.csv")
        everything = await person.see(f"/statements/archive/{month}.zip")

    assert "<b>Acme</b>" in text_of(page)
    assert "<b>Acme</b>" not in page.text
    assert files["pdf"].content.startswith(b"%PDF-")
    assert files["csv"].content == stored.content
    assert files["json"].json()["id"] == row["id"]
    assert everything.content.startswith(b"PK")


async def test_details_are_saved_and_written_down(door: Door) -> None:
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        saved = await person.send("/statements", **DETAILS)
        log = text_of(await person.see("/audit"))
    settings = (await ada.ask("GET", "/v2/billing/statement-settings")).json()

    assert saved.status_code == 303, saved.text
    assert settings["legalName"] == "Ada & Töchter"
    assert settings["address"] == ["1 Rue de la Paix", "75002 Paris"]
    assert settings["tax"] == {"label": "TVA", "ratePercent": 20}
    assert settings["timeZone"] == "Europe/Paris"
    assert settings["automatic"] is True
    assert "statement details changed" in log


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"taxRate": "twenty"}, "must be a percentage"),
        ({"taxRate": "NaN"}, "must be a percentage"),
        ({"timeZone": "Mars/Olympus"}, "time zone"),
        ({"address": "line\n" * 9}, "9 lines"),
        ({"numberPrefix": "?"}, "must match"),
    ],
)
async def test_wrong_details_change_nothing(
    lite: Door, wrong: dict[str, str], message: str
) -> None:
    ada = await lite.customer()
    before = (await ada.ask("GET", "/v2/billing/statement-settings")).json()
    async with pages.admin(lite, ada) as person:
        answer = await person.send("/statements", form="details", **(DETAILS | wrong))

    assert answer.status_code == 400
    assert message in text_of(answer)
    assert (await ada.ask("GET", "/v2/billing/statement-settings")).json() == before


async def test_a_statement_of_another_account_is_not_found(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    await lite.charge(bob, credits=1, settle=True)
    month = (await bob.ask("GET", "/v2/billing/statements/months")).json()[0]["month"]
    listed = (await bob.ask("GET", f"/v2/billing/statements?month={month}")).json()["data"]
    async with pages.admin(lite, ada) as person:
        for row in listed:
            assert (await person.see(f"/statements/{row['id']}.pdf")).status_code == 404
        assert (await person.see("/statements/stm_made-up.pdf")).status_code == 404
        assert (await person.see("/statements?month=2026-13")).status_code == 400
