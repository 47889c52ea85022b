"""An admin sets what they are told, tries it on the past, buys credit, and gives a client rules."""

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor


async def test_rules_are_tried_then_saved(ada: Ada, visitor: Visitor) -> None:
    """Tried without reload, with what was typed; saved, and as the API has it."""
    page = visitor.page
    await ada.charge(42)
    await visitor.go(f"{ada.place}/billing")
    card = page.locator("#account-usage-card")
    await card.get_by_label("Switched on").check()
    await card.get_by_role("button", name="Add a tier").click()
    await card.get_by_label("Name of tier 2").fill("early")
    await card.get_by_label("Credits of tier 2").fill("40.50")
    await card.get_by_role("button", name="Move up").nth(1).click()
    await card.get_by_label("Window", exact=True).fill("36")
    await card.get_by_label("Unit of the window").select_option("hours")
    await card.get_by_role("button", name="Try on the last 30 days").click()
    await expect(card).to_contain_text("They would have sent 1 notification: early 1")
    await expect(card.get_by_label("Name of tier 1")).to_have_value("early")
    await visitor.check_access()

    await card.get_by_role("button", name="Save").click()
    await expect(page.locator("main")).to_contain_text("the rules are saved")
    found = await ada.ask("GET", "/v2/billing/notifications/config")
    assert found["globalHighUsageEnabled"] is True
    assert found["globalHighUsagePeriodMinutes"] == 36 * 60
    assert found["globalHighUsageTiers"] == [
        {"tier": "early", "cents": 4_050},
        {"tier": "warning", "cents": 100_000},
    ]


async def test_what_is_wrong_with_a_tier_is_told_without_reload(ada: Ada, visitor: Visitor) -> None:
    visitor.expected.append("400")
    card = visitor.page.locator("#low-balance-card")
    await visitor.go(f"{ada.place}/billing")
    await card.get_by_label("Credits of tier 1").fill("lots")
    await card.get_by_role("button", name="Try on the last 30 days").click()

    await expect(card.get_by_label("Credits of tier 1")).to_have_attribute("aria-invalid", "true")
    await expect(card.get_by_label("Credits of tier 1")).to_have_value("lots")
    await visitor.check_access()


async def test_credit_is_bought_with_a_test_card(ada: Ada, visitor: Visitor) -> None:
    """A double click buys once; the history follows it to its end without reload."""
    page = visitor.page
    await visitor.go(f"{ada.place}/billing")
    await page.get_by_label("Test card").select_option("pm_card_visa")
    await page.get_by_role("button", name="Use this one").click()
    await expect(page.locator("main")).to_contain_text("Visa ending in 4242")
    await page.get_by_label("How much").fill("250")
    await page.get_by_role("button", name="Buy credit").dblclick()
    await expect(page.locator("#topups")).to_contain_text("succeeded")
    assert len((await ada.ask("GET", "/v2/billing/topups"))["data"]) == 1
    await visitor.check_access()

    await page.locator("#topups td a").first.click()
    await expect(page.locator("main")).to_contain_text("What happened")
    await visitor.check_access()


async def test_a_workspace_gets_rules_of_its_own_and_inherits_again(
    ada: Ada, visitor: Visitor
) -> None:
    page = visitor.page
    await visitor.go(f"{ada.place}/billing")
    await page.get_by_role("link", name="Tiers of each workspace").click()
    await visitor.check_access()
    await page.get_by_role("link", name="default", exact=True).click()
    await page.get_by_label("Told at all").select_option("true")
    await page.get_by_role("button", name="Add a tier").click()
    await page.get_by_label("Name of tier 1").fill("mine")
    await page.get_by_label("Credits of tier 1").fill("10")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("main")).to_contain_text("own rules")
    await visitor.check_access()

    await page.get_by_role("button", name="Inherit everything again").click()
    await expect(page.locator("main")).to_contain_text("inherits all")
