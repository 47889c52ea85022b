"""The operator makes an account, gives it credit and time, looks at it, and is written down."""

import re

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor


async def test_an_account_is_made_and_run(boss: Visitor) -> None:
    page = boss.page
    await boss.check_access()
    await page.get_by_label("Name", exact=True).fill("Zoé & Co")
    await page.get_by_label("Admins").fill("zoe@example.com\nops@example.com")
    await page.get_by_role("switch", name="Sandbox").check()
    await page.get_by_role("button", name="Create the account").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Zoé & Co")
    await boss.check_access()

    await page.get_by_label("Amount").fill("250")
    await page.get_by_label("Reason").fill("Invoice 7")
    await page.get_by_role("button", name="Book it").click()
    await expect(page.locator(".stats")).to_contain_text("250.00")
    await page.get_by_role("button", name="+ 7 days").click()
    await expect(page.locator("main")).to_contain_text("The account's time is")

    await page.get_by_role("button", name="Look at it as its admin").click()
    await page.wait_for_url(re.compile("/dashboard/acc_"))
    await expect(page.locator("main")).to_contain_text("You are the operator")
    await page.get_by_role("link", name="Audit log").click()
    for words in ("account created", "credit granted", "clock advanced", "account entered"):
        await expect(page.locator("table")).to_contain_text(words)
    await boss.check_access()
    await page.get_by_role("button", name="Back to the console").click()
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.locator("table")).to_contain_text("credit granted")
    await boss.check_access()


async def test_prices_and_health(boss: Visitor) -> None:
    page = boss.page
    await boss.go("/operator/prices")
    for sku, price in (("esp-company-data", "1.25"), ("esp-documents", "0.000001")):
        await page.get_by_label("SKU", exact=True).fill(sku)
        await page.get_by_label("Price", exact=True).fill(price)
        await page.get_by_role("button", name="Save the price").click()
        await expect(page.locator("table")).to_contain_text(sku)
    await boss.check_access()
    await page.get_by_role("row").filter(has_text="esp-company").get_by_role("link").click()
    await expect(page.get_by_label("Price", exact=True)).to_have_value("1.25")
    row = page.get_by_role("row").filter(has_text="esp-documents")
    await row.get_by_role("button", name="Remove", exact=True).first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await expect(page.locator("main")).to_contain_text("esp-documents has no price any more.")
    await boss.go("/operator/health")
    await expect(page.locator("main")).to_contain_text("no drift")
    await boss.check_access()


async def test_what_is_not_there_says_so(ada: Ada, visitor: Visitor) -> None:
    """An admin at the operator's door, and a path that leads nowhere."""
    visitor.expected += ["403", "404"]
    for path in ("/operator", "/dashboard/acc_0000000000000000", f"{ada.place}/nowhere"):
        await visitor.go(path)
        await expect(visitor.page.get_by_role("link", name="Back")).to_be_visible()
        await visitor.check_access()
