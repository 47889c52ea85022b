"""Pages of statements over the months: drafts, final ones, and how they correct each other."""

import pytest

from prepaid.flows.statements import pages as statement_pages
from prepaid.flows.statements import statement as statements
from tests.kit import pages
from tests.kit.pages import text_of
from tests.statements.office import Office, by_place, items, month, number, set_up

OCTOBER, NOVEMBER = 2026 * 12 + 9, 2026 * 12 + 10


async def test_a_correction_leads_to_what_it_corrects_and_back(office: Office) -> None:
    """A client who asks why a bill is lower gets there in one click."""
    ada = await office.customer(currency="EUR")
    charge = await office.charge(ada)
    office.go_to("2026-11-02")
    october = by_place(await month(ada, "2026-10"))["paris"]
    await office.end(charge, "refund", credits=1.5)
    async with pages.admin(office.door, ada) as person:
        draft = by_place(await month(ada, "2026-11"))["paris"]
        before = text_of(await person.see(f"/statements/{october['id']}"))
        shown = text_of(await person.see(f"/statements/{draft['id']}"))
        line = f"/statements/{draft['id']}/charges?sku=report"
        refunded = text_of(await person.see(f"{line}&month=2026-10"))
        none = text_of(await person.see(line))
        late = await person.see(f"{line}&month=2026-12")
    office.go_to("2026-12-02")
    async with pages.admin(office.door, ada) as person:  # a session is shorter than a month
        november = by_place(await month(ada, "2026-11"))["paris"]
        after = text_of(await person.see(f"/statements/{october['id']}"))
        told = text_of(await person.see(f"/workspaces/{october['workspace']['id']}/statements"))

    assert "Corrected by" not in before
    assert "Corrections to October 2026" in shown
    assert f'/statements/{october["id"]}" dir="auto">{october["number"]}' in shown
    assert f"{line}&month=2026-10" in shown
    assert charge in refunded
    assert "-1.50" in refunded
    assert "No charge is on this line" in none
    assert late.status_code == 400
    assert f'/statements/{november["id"]}" dir="auto">{november["number"]}' in after
    assert "since" in after
    assert "the month is not over" in told
    assert told.index("December 2026") < told.index(november["number"]) < told.index("October 2026")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns"])
async def test_a_part_of_a_month_is_read_as_the_whole(office: Office, zone: str) -> None:
    """Pages read their own workspaces alone; at the ends of a month too, and days apart."""
    ada = await office.customer()
    await set_up(ada, timeZone=zone)
    for at in ("2026-10-05T12:00", "2026-10-31T02:00", "2026-10-31T16:00", "2026-11-01T06:00"):
        office.go_to(at)
        for place in ("paris", "berlin", None):
            await office.charge(ada, workspace=place)
    account, desk = number(ada), office.desk
    alone = []
    for month_number in (OCTOBER, NOVEMBER):
        for skip in range(4):
            listed = await statement_pages.of_month(desk, account, month_number, skip, 1)
            alone += [sheet.statement.lines for sheet in listed.sheets]
    office.go_to("2026-12-02")
    final = [
        sheet.statement.lines
        for month_number in (OCTOBER, NOVEMBER)
        for sheet in await statements.of_month(desk, account, month_number)
    ]

    assert alone == final
    assert sum(line.count for lines in alone for line in lines) == 12


async def test_who_was_not_there_has_a_page_when_something_is_owed(office: Office) -> None:
    """A workspace that ended before the month, with a refund in it."""
    ada = await office.customer()
    charge = await office.charge(ada)
    await ada.ask("DELETE", "/v2/workspaces/paris")
    office.go_to("2026-11-02")
    without = await statement_pages.of_month(office.desk, number(ada), None, 0, 100)
    await office.end(charge, "refund", credits=0.5)
    owed = await statement_pages.of_month(office.desk, number(ada), None, 0, 100)
    listed = by_place(await month(ada, "2026-11"))

    assert [one.statement.client.name for one in without.sheets] == ["default", "berlin"]
    assert [one.statement.client.name for one in owed.sheets] == ["default", "paris", "berlin"]
    assert items(listed["paris"]) == [("2026-10", "report", 0, -0.5)]


async def test_looking_at_a_month_is_one_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When there is nothing to close, nothing is asked twice."""
    ada = await office.customer()
    await office.charge(ada)
    reads, read = [], office.desk.vault.read

    async def counted(work: object) -> object:
        reads.append(work)
        return await read(work)  # type: ignore[arg-type]

    monkeypatch.setattr(office.desk.vault, "read", counted)
    await statement_pages.of_month(office.desk, number(ada), None, 0, 100)
    await statements.months(office.desk, number(ada))
    assert len(reads) == 2
    office.go_to("2026-11-02")
    await statements.months(office.desk, number(ada))

    assert len(reads) > 3, "the first who looks closes the month"


async def test_an_overdue_hold_is_given_back_before_a_month_is_shown(office: Office) -> None:
    ada = await office.customer()
    await office.charge(ada, settle=False, ttlSeconds=60)
    office.go_to("2026-10-06")
    paris = by_place(await month(ada, "2026-10"))["paris"]

    assert paris["lines"] == []
