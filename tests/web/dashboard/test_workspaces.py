"""The pages of workspaces and of usage show what the API says, and change what it would."""

import csv
from typing import Any

import pytest

from tests.kit import pages
from tests.kit.door import Door
from tests.kit.pages import text_of

HOSTILE = ["<script>alert(1)</script>", "\u202eevil", "W" * 255, "\"'><img src=x onerror=y>"]


async def audit(person: pages.Person) -> str:
    return text_of(await person.see("/audit"))


@pytest.mark.parametrize("legal_name", HOSTILE)
async def test_a_hostile_name_is_only_shown(lite: Door, legal_name: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await person.send("/workspaces", name="acme", legalName=legal_name)
        shown = await person.see("/workspaces")

    assert made.status_code == 303, made.text
    assert legal_name in text_of(shown)
    assert "<script>alert" not in shown.text
    assert "<img src=x" not in shown.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "no spaces", "legalName": "Acme"}, "must have 1 to 64 of a-z"),
        ({"name": "acme"}, "is required"),
        ({"name": "default", "legalName": "Acme"}, "reserved"),
        ({"name": "acme", "legalName": "A" * 256}, "at most 255"),
        ({"name": "acme", "legalName": "Acme", "color": "red"}, "color"),
    ],
)
async def test_a_wrong_form_says_why_and_makes_nothing(
    lite: Door, fields: dict[str, str], message: str
) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        answer = await person.send("/workspaces", form="new", **fields)

    assert answer.status_code in (400, 409), answer.text
    assert message in text_of(answer)
    assert [row["name"] for row in (await ada.ask("GET", "/v2/workspaces")).json()] == ["default"]


async def test_the_life_of_a_workspace_is_in_the_audit_log(door: Door) -> None:
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        await person.send("/workspaces", name="acme", legalName="Acme")
        acme = (await ada.ask("GET", "/v2/workspaces")).json()[1]["id"]
        place = f"/workspaces/{acme}"
        await person.send(f"{place}/legal-name", legalName="Acme SE")
        await person.send(f"{place}/limit", cents="12.50", period="1440")
        (_, row) = (await ada.ask("GET", "/v2/workspaces")).json()
        shown = text_of(await person.see(place))
        await person.send(f"{place}/limit", cents="", period="")
        (_, free) = (await ada.ask("GET", "/v2/workspaces")).json()
        await person.send(f"{place}/archive")
        said = await audit(person)

    assert row["legalName"] == "Acme SE"
    assert row["spendLimit"] == {"cents": 1250, "periodMinutes": 1440}
    assert "in any 24 hours" in shown
    assert free["spendLimit"] is None
    assert len((await ada.ask("GET", "/v2/workspaces")).json()) == 1
    for words in ("workspace created", "workspace renamed", "workspace archived", "Acme → Acme SE"):
        assert words in said
    assert "none → 12.50 credits per 24 hours" in said


async def test_the_default_workspace_stays(lite: Door) -> None:
    ada = await lite.customer()
    (row,) = (await ada.ask("GET", "/v2/workspaces")).json()
    async with pages.admin(lite, ada) as person:
        answer = await person.send(f"/workspaces/{row['id']}/archive")

    assert answer.status_code == 409
    assert "cannot be deleted" in text_of(answer)


async def test_a_workspace_of_another_account_is_not_found(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    (row,) = (await bob.ask("GET", "/v2/workspaces")).json()
    async with pages.admin(lite, ada) as person:
        seen = await person.see(f"/workspaces/{row['id']}")
        sent = await person.send(f"/workspaces/{row['id']}/legal-name", legalName="Mine")

    assert seen.status_code == sent.status_code == 404
    assert (await bob.ask("GET", "/v2/workspaces")).json() == [row]


async def test_the_file_has_the_numbers_of_the_report(door: Door) -> None:
    ada = await door.customer(cents=100_000)
    await ada.workspace("acme", "=HYPERLINK(1)")
    for workspace, sku, credits in [
        ("acme", "report", 2.5),
        ("acme", "report", 0.000001),
        ("default", "check", 1),
        (None, "check", 3),
    ]:
        await door.charge(ada, sku, workspace=workspace, credits=credits, settle=True)
    async with pages.admin(door, ada) as person:
        file = await person.see("/usage.csv")
        page = text_of(await person.see("/usage"))
        of_one = text_of(await person.see("/usage?workspace=acme&sku=report"))
        unknown = await person.see("/usage?workspace=nobody")

    rows = {(row["workspace"], row["sku"]): row for row in csv.DictReader(file.text.splitlines())}
    report: Any = await ada.usage()
    expected = {
        (row["workspace"]["name"] if row["workspace"] else "", line["sku"]): line
        for row in report
        for line in row["breakdown"]
    }
    assert rows.keys() == expected.keys()
    for place, line in expected.items():
        assert float(rows[place]["credits"]) == float(line["totalCredits"])
        assert int(rows[place]["count"]) == line["count"]
    assert rows["acme", "report"]["legalName"] == "'=HYPERLINK(1)"
    assert "6.500001" in page
    assert "check" not in of_one.split("<tbody>")[-1]
    assert unknown.status_code == 400
    assert "nobody" in text_of(unknown)


@pytest.mark.parametrize(
    "query",
    ["startDate=2026-13-01", "startDate=2026-05-02&endDate=2026-05-01", "range=ever", "page=x"],
)
async def test_days_that_are_none_are_refused(lite: Door, query: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        assert (await person.see(f"/usage?{query}")).status_code == 400
        assert (await person.see(f"/usage.csv?{query}")).status_code == 400
