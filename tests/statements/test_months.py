"""A statement per workspace and month: a draft while anything can change, then final for good."""

import pytest

from tests.kit.door import code, fields
from tests.statements.office import (
    STATEMENTS,
    Office,
    by_place,
    good,
    items,
    month,
    place,
    set_up,
)


async def test_a_month_is_a_draft_until_it_is_over(office: Office) -> None:
    ada = await office.customer()
    await office.charge(ada)
    draft = by_place(await month(ada, "2026-10"))["paris"]
    office.go_to("2026-10-31 23:59:59")
    still = by_place(await month(ada, "2026-10"))["paris"]
    office.go_to("2026-11-01")
    final = by_place(await month(ada, "2026-10"))["paris"]

    assert (draft["status"], draft["draftReason"], draft["number"]) == ("draft", "month_open", None)
    assert still["status"] == "draft"
    assert (final["status"], final["draftReason"]) == ("final", None)
    assert final["number"] == "S-000002"
    assert final["id"] == draft["id"]
    assert items(final) == [("2026-10", "report", 1, 2)]


async def test_an_open_hold_keeps_its_month_a_draft(office: Office) -> None:
    """What it will cost is not known yet; it belongs to the month it was reserved in."""
    ada = await office.customer()
    office.go_to("2026-10-31 23:50")
    held = await office.charge(ada, settle=False, ttlSeconds=3600)
    office.go_to("2026-11-01 00:10")
    draft = by_place(await month(ada, "2026-10"))
    november = by_place(await month(ada, "2026-11"))
    await office.end(held, "settle", credits=5)
    final = by_place(await month(ada, "2026-10"))

    assert {one["draftReason"] for one in draft.values()} == {"holds_open"}
    assert november["paris"]["lines"] == []
    assert items(final["paris"]) == [("2026-10", "report", 1, 5)]
    assert final["paris"]["status"] == "final"


async def test_a_hold_that_nobody_settles_ends_by_itself_and_so_does_the_month(
    office: Office,
) -> None:
    ada = await office.customer()
    office.go_to("2026-10-31 23:59")
    await office.charge(ada, settle=False, ttlSeconds=120)
    office.go_to("2026-11-01 00:02")
    final = by_place(await month(ada, "2026-10"))

    assert final["paris"]["status"] == "final"
    assert final["paris"]["lines"] == []


@pytest.mark.parametrize("kind", ["refund", "late settle", "import"])
async def test_what_comes_after_the_end_is_a_correction_on_the_next_statement(
    office: Office, kind: str
) -> None:
    ada = await office.customer()
    office.go_to("2026-10-31 23:59")
    first = await office.charge(ada)
    held = await office.charge(ada, settle=False, ttlSeconds=60)
    office.go_to("2026-11-02")
    october = await month(ada, "2026-10")
    if kind == "refund":
        await office.end(first, "refund", credits=0.5)
        expected = ("2026-10", "report", 0, -0.5)
    elif kind == "late settle":
        await office.end(held, "settle")
        expected = ("2026-10", "report", 1, 2)
    else:
        await office.door.import_usage(ada, "2026-10-30T00:00:00Z", workspace="paris")
        expected = ("2026-10", "report", 1, 2)
    november = by_place(await month(ada, "2026-11"))

    assert await month(ada, "2026-10") == october
    assert items(november["paris"]) == [expected]
    assert november["paris"]["lines"][0]["isCorrection"] is True


async def test_a_correction_is_told_once(office: Office) -> None:
    ada = await office.customer()
    first = await office.charge(ada)
    office.go_to("2026-11-02")
    await month(ada, "2026-10")
    await office.end(first, "refund", credits=0.5)
    office.go_to("2026-12-01")
    november = by_place(await month(ada, "2026-11"))
    await office.end(first, "refund", credits=0.25)
    december = by_place(await month(ada, "2026-12"))

    assert items(november["paris"]) == [("2026-10", "report", 0, -0.5)]
    assert november["paris"]["status"] == "final"
    assert items(december["paris"]) == [("2026-10", "report", 0, -0.25)]


async def test_an_archived_workspace_has_its_statement_and_its_corrections(office: Office) -> None:
    ada = await office.customer()
    charge = await office.charge(ada)
    await ada.ask("DELETE", "/v2/workspaces/paris")
    await ada.workspace("paris", "Another Client")
    await office.charge(ada)
    office.go_to("2026-11-02")
    october = [one for one in await month(ada, "2026-10") if place(one) == "paris"]
    await office.end(charge, "refund")
    november = [one for one in await month(ada, "2026-11") if place(one) == "paris"]

    assert [one["workspace"]["legalName"] for one in october] == ["Paris Client", "Another Client"]
    assert [items(one) for one in october] == [[("2026-10", "report", 1, 2)]] * 2
    assert [items(one) for one in november] == [[("2026-10", "report", 0, -2)], []]


async def test_usage_of_no_workspace_has_a_statement_of_its_own_at_the_end(office: Office) -> None:
    ada = await office.customer()
    await office.charge(ada, workspace=None)
    found = await month(ada, "2026-10")

    assert [place(one) for one in found] == ["default", "paris", "berlin", None]
    assert items(found[-1]) == [("2026-10", "report", 1, 2)]


async def test_numbers_have_no_gaps_over_months_and_accounts(office: Office) -> None:
    ada, bob = await office.customer(), await office.customer()
    await set_up(ada, numberPrefix="ADA-")
    office.go_to("2026-12-02")
    last = await month(ada, "2026-11")  # closes October too
    first = await month(ada, "2026-10")

    assert [one["number"] for one in first + last] == [f"ADA-00000{n}" for n in range(1, 7)]
    assert (await month(bob, "2026-10"))[0]["number"] == "S-000001"


async def test_names_are_those_at_the_end_of_the_month(office: Office) -> None:
    ada = await office.customer()
    office.go_to("2026-10-20")
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Paris October"})
    office.go_to("2026-11-03")
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Paris November"})
    october = by_place(await month(ada, "2026-10"))["paris"]
    november = by_place(await month(ada, "2026-11"))["paris"]

    assert october["workspace"]["legalName"] == "Paris October"
    assert november["workspace"]["legalName"] == "Paris November"


async def test_a_month_to_come_and_one_long_ago(office: Office) -> None:
    ada = await office.customer()
    ahead = await ada.ask("GET", STATEMENTS, params={"month": "2026-11"})
    wrong = await ada.ask("GET", STATEMENTS, params={"month": "2026-13"})

    assert (code(ahead), fields(ahead)) == ("invalid_request", ["month"])
    assert (code(wrong), fields(wrong)) == ("invalid_request", ["month"])
    assert await month(ada, "2025-01") == []


async def test_usage_older_than_the_account_has_statements_too(office: Office) -> None:
    """Imports reach back 400 days."""
    ada = await office.customer()
    await office.door.import_usage(ada, "2026-08-31T23:59:59Z", workspace="paris")
    august = by_place(await month(ada, "2026-08"))
    september = by_place(await month(ada, "2026-09"))

    assert items(august["paris"]) == [("2026-08", "report", 1, 2)]
    assert september.keys() <= {"default", "paris", "berlin"}
    assert not any(one["lines"] for one in september.values())


async def test_usage_older_than_every_statement_is_a_correction(office: Office) -> None:
    ada = await office.customer()
    office.go_to("2026-11-02")
    await month(ada, "2026-10")
    await office.door.import_usage(ada, "2026-08-31T23:59:59Z", workspace="paris")
    november = by_place(await month(ada, "2026-11"))

    assert items(november["paris"]) == [("2026-08", "report", 1, 2)]
    assert await month(ada, "2026-08") == []


async def test_months_are_listed_the_present_one_first(office: Office) -> None:
    ada = await office.customer()
    office.go_to("2026-12-02")
    listed = (await good(ada.ask("GET", f"{STATEMENTS}/months"))).json()

    assert [(one["month"], one["status"]) for one in listed] == [
        ("2026-12", "draft"),
        ("2026-11", "final"),
        ("2026-10", "final"),
    ]


async def test_only_the_workspaces_of_a_name(office: Office) -> None:
    ada = await office.customer()
    unknown = await ada.ask("GET", STATEMENTS, params={"month": "2026-10", "workspace": "rome"})

    assert [place(one) for one in await month(ada, "2026-10", workspace="paris")] == ["paris"]
    assert code(unknown) == "workspace_not_found"


async def test_pages_of_one_are_the_whole_list(office: Office) -> None:
    ada = await office.customer()
    whole = await month(ada, "2026-10")
    wrong = await ada.ask("GET", STATEMENTS, params={"month": "2026-10", "cursor": "x"})

    assert await month(ada, "2026-10", limit=1) == whole
    assert len(whole) == 3
    assert fields(wrong) == ["cursor"]
