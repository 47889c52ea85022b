"""An admin makes a key and finds the requests that were made with it."""

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor

HOSTILE = "<script>alert(1)</script> & \u202b\u05e9\u05dc\u05d5\u05dd\u202c " + "W" * 200


async def test_a_key_from_its_making_to_its_end(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go(f"{ada.place}/developers")
    await page.get_by_label("Name").fill(HOSTILE)
    await page.get_by_label("It may").select_option(label="only read")
    await page.get_by_role("button", name="Create the key").click()
    await expect(page.get_by_role("status")).to_contain_text("It is shown this once")
    key = await page.locator(".secret code").inner_text()
    await visitor.check_access()
    answer = await ada.house.ask("GET", "/v2/billing/balance", None, {"x-api-key": key})
    assert answer["balanceInCreditCents"] == 100_000

    await visitor.go(f"{ada.place}/developers")
    row = page.get_by_role("row", name=HOSTILE)
    await row.get_by_role("button", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke the key").click()
    await expect(page.locator("main")).to_contain_text("The key is revoked")
    await expect(page.get_by_text("1 revoked key")).to_be_visible()


async def test_the_request_log_finds_a_charge(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go(f"{ada.place}/developers")
    await page.get_by_role("link", name="Request log").click()
    await expect(page.locator("main")).to_contain_text("No request yet")
    await ada.charge(7.25)
    await ada.charge(1.5, None)
    await page.get_by_label("Workspace").fill("default")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await visitor.check_access()
    await page.locator("tbody a").click()
    await expect(page.locator("main")).to_contain_text("7.25 credits")
    await visitor.check_access()
