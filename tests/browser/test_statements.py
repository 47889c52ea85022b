"""An admin looks at a client's bill, sets what clients pay, and what stands on statements."""

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.screenshots import LOGO
from tests.browser.visitor import Visitor

HOSTILE = "<script>alert(1)</script> & \u202b\u05e9\u05dc\u05d5\u05dd\u202c " + "W" * 200


async def test_from_the_list_to_a_statement_and_the_charges_of_a_line(
    ada: Ada, visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.page
    await ada.ask("POST", "/v2/workspaces", {"name": "acme", "legalName": HOSTILE})
    await ada.charge(42, "acme")
    await visitor.go(f"{ada.place}/workspaces")
    await page.get_by_role("link", name="acme").click()
    await page.get_by_role("link", name="Statements").last.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Statements of acme")
    await visitor.check_access()

    await page.get_by_role("link", name="Draft", exact=True).click()
    await expect(page.locator("main")).to_contain_text("This is a draft")
    await expect(page.locator("main")).to_contain_text(HOSTILE)
    await expect(page.locator("main")).to_contain_text("42.00 EUR")
    await visitor.check_access()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="CSV of the draft of acme").click()
    path = tmp_path / "statement.csv"
    await (await waiting.value).save_as(path)
    assert "42" in path.read_text("utf-8")

    await page.get_by_role("link", name="fra-company-data", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Charges of fra-company-data")
    await expect(page.get_by_role("row")).to_have_count(2)
    await visitor.check_access()
    await page.get_by_role("row").last.get_by_role("link").click()
    await page.wait_for_url(re.compile("/developers/requests/chg_"))


async def test_prices_of_everyone_and_of_one_client(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await ada.ask("POST", "/v2/workspaces", {"name": "acme", "legalName": HOSTILE})
    await visitor.go(f"{ada.place}/statements")
    await page.get_by_role("link", name="Client prices").click()
    await visitor.check_access()
    await page.get_by_role("link", name="Prices of everyone").click()
    await page.get_by_label("Value").fill("20")
    await page.get_by_role("button", name="Save the price").click()
    await expect(page.locator("main")).to_contain_text("The price is saved.")
    await expect(page.get_by_role("row", name="Every SKU")).to_contain_text("1.20 EUR / credit")
    await visitor.check_access()

    await page.get_by_role("link", name="Client prices").click()
    await page.get_by_role("link", name="Edit the prices of acme").click()
    await page.get_by_label("SKU", exact=True).fill("report")
    await page.get_by_label("Kind").select_option(label="Price per request, EUR")
    await page.get_by_label("Value").fill("dear")
    await page.get_by_role("button", name="Save the price").click()
    await expect(page.get_by_label("Value")).to_have_attribute("aria-invalid", "true")
    visitor.expected.append("400")
    await page.get_by_label("Value").fill("2.50")
    await page.get_by_role("button", name="Save the price").click()
    line = page.get_by_role("row", name="report")
    await expect(line).to_contain_text("1.20 EUR / credit")
    await expect(line.locator("b")).to_have_text("2.50 EUR / request")
    await visitor.check_access()
    await page.get_by_role("button", name="Inherit everything again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove them").click()
    await expect(page.locator("main")).to_contain_text("All of these prices are removed.")

    told = await ada.ask("GET", "/v2/billing/client-prices")
    assert told == {"prices": [{"workspace": None, "sku": None, "markupPercent": 20}]}


async def test_details_and_a_logo_that_is_seen(ada: Ada, visitor: Visitor) -> None:
    """The picture is loaded under the page's own policy, and in print."""
    page = visitor.page
    await visitor.go(f"{ada.place}/statements")
    await page.get_by_role("link", name="Details and logo").click()
    await page.get_by_label("Your legal name").fill(HOSTILE)
    await page.get_by_role("button", name="Save the details").click()
    await expect(page.locator("main")).to_contain_text("The details are saved.")
    await page.get_by_label("File").set_input_files(
        {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": LOGO}
    )
    await page.get_by_role("button", name="Set the logo").click()
    await expect(page.locator("main")).to_contain_text("The logo is saved.")
    picture = page.get_by_role("img", name="The logo on statements")
    await expect(picture).to_have_js_property("complete", value=True)
    assert await picture.evaluate("image => image.naturalWidth") > 0
    await visitor.check_access()

    address = await picture.get_attribute("src")
    assert address is not None
    await visitor.go(address)
    assert await page.evaluate("document.documentElement.tagName") == "svg"
    await visitor.go(f"{ada.place}/statements/settings")
    await page.get_by_label("File").set_input_files(
        {"name": "logo.gif", "mimeType": "image/gif", "buffer": b"GIF89a"}
    )
    await page.get_by_role("button", name="Replace the logo").click()
    await expect(page.locator("main")).to_contain_text("must be a PNG or an SVG")
    visitor.expected.append("400")
    await visitor.go(f"{ada.place}/statements/settings")
    await page.get_by_role("button", name="Remove the logo").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await expect(page.locator("main")).to_contain_text("The logo is removed.")
    assert (await ada.ask("GET", "/v2/billing/statement-settings"))["logo"] is None
