"""What has just happened by an account's test clock is told as just now, however far ahead."""

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor

DAY_S = 86_400


async def test_ago_is_told_by_the_accounts_own_clock(ada: Ada, visitor: Visitor) -> None:
    rules = {"lowBalanceEnabled": True, "lowBalanceTiers": [{"tier": "warning", "cents": 99_999}]}
    await ada.ask("PATCH", "/v2/billing/notifications/config", rules)
    place = f"/v2/operator/accounts/{ada.id}/clock"
    await ada.house.operator("POST", place, {"advanceSeconds": 40 * DAY_S})
    await ada.charge(1)
    await visitor.go(f"{ada.place}/notifications")
    told = visitor.page.locator("main [data-form='ago']").first

    await expect(told).to_have_text("just now")
    await expect(visitor.page.locator("main")).to_contain_text("40 days ahead")
    await visitor.check_access()

    await visitor.go(f"{ada.place}/developers")
    made = visitor.page.locator("td time[data-real]").first
    label = await made.evaluate("one => getComputedStyle(one, '::after').content")
    assert label == '" real time"'
    await visitor.check_access()
