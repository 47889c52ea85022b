"""An admin makes workspaces, sees who spends, sets a limit, and takes one out of use."""

import csv
import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor

HOSTILE = "<script>alert(1)</script> & \u202b\u05e9\u05dc\u05d5\u05dd\u202c " + "W" * 200


async def test_a_workspace_from_its_making_to_its_archive(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go(f"{ada.place}/workspaces")
    await page.get_by_label("Name", exact=True).fill("acme")
    await page.get_by_label("Legal name", exact=True).fill(HOSTILE)
    await page.get_by_role("button", name="Create the workspace").click()
    await expect(page.locator("main")).to_contain_text("The workspace acme is there.")
    await expect(page.locator("main")).to_contain_text(HOSTILE)
    await visitor.check_access()

    await ada.charge(42, "acme")
    await page.get_by_role("link", name="acme").click()
    await expect(page.locator("main")).to_contain_text("42.00")
    await page.get_by_label("At most").fill("50")
    await page.get_by_label("Period").select_option(label="in a calendar month")
    await page.get_by_role("button", name="Save the limit").click()
    await expect(page.locator("main")).to_contain_text("The limit is saved.")
    listed = {one["name"]: one for one in await ada.ask("GET", "/v2/workspaces")}
    assert listed["acme"]["spendLimit"] == {"cents": 5_000, "period": "calendar_month"}
    await visitor.check_access()

    await page.get_by_role("button", name="Archive the workspace").click()
    await page.get_by_role("dialog").get_by_role("button", name="Archive", exact=True).click()
    await expect(page.locator("main")).to_contain_text("The workspace acme is archived.")
    assert [one["name"] for one in await ada.ask("GET", "/v2/workspaces")] == ["default"]


async def test_a_refused_form_keeps_what_was_typed(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go(f"{ada.place}/workspaces")
    await page.get_by_label("Name", exact=True).fill("no spaces here")
    await page.get_by_label("Legal name", exact=True).fill("Acme")
    await page.get_by_role("button", name="Create the workspace").click()

    await expect(page.get_by_label("Name", exact=True)).to_have_value("no spaces here")
    await expect(page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    visitor.expected.append("400")


async def test_usage_as_a_page_and_as_a_file(ada: Ada, visitor: Visitor, tmp_path: Path) -> None:
    """The numbers are those of the API."""
    page = visitor.page
    await ada.charge(7.25)
    await ada.charge(1.5, None)
    await visitor.go(f"{ada.place}/usage")
    await expect(page.locator("main")).to_contain_text("8.75")
    await visitor.check_access()
    await page.get_by_role("link", name="Today").click()
    await page.wait_for_url(re.compile("range=today"))
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="CSV").click()
    download = await waiting.value
    path = tmp_path / "usage.csv"
    await download.save_as(path)

    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [(row["workspace"], row["credits"]) for row in rows] == [
        ("default", "7.25"),
        ("", "1.5"),
    ]
