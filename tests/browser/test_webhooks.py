"""An admin makes an endpoint, tries it, rotates its secret, and sees what is told arrive."""

import re

from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.visitor import Visitor

HOOKS = "/sandbox/hooks"
HOSTILE = "<script>alert(1)</script> & \u202b\u05e9\u05dc\u05d5\u05dd\u202c " + "W" * 200


async def made(ada: Ada, visitor: Visitor) -> None:
    """An endpoint at the sandbox's receiver, by the form."""
    page = visitor.page
    await visitor.go(f"{ada.place}/webhooks")
    await page.get_by_role("link", name="Add the first endpoint").click()
    await visitor.check_access()
    await page.get_by_label("URL").fill(visitor.url + HOOKS)
    await page.get_by_label("Description").fill(HOSTILE)
    await page.get_by_role("button", name="Create the endpoint").click()
    await expect(page.locator("main")).to_contain_text("The endpoint is there.")


async def test_an_endpoint_is_made_tried_and_rotated(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await made(ada, visitor)
    endpoint = page.url
    await page.get_by_role("button", name="Reveal").click()
    secret = await page.locator(".secret code").first.inner_text()
    assert secret.startswith("whsec_")
    await visitor.check_access()

    await page.get_by_text("Rotate the secret").first.click()
    await page.get_by_role("button", name="Rotate the secret").click()
    await expect(page.locator(".secret")).to_contain_text("The new secret.")
    assert await page.locator(".secret code").all_inner_texts() != [secret]
    await expect(page.locator(".secret code").last).to_have_text(secret)

    await page.get_by_label("Event", exact=True).first.select_option("company.updated")
    await page.get_by_role("button", name="Send the example").click()
    await expect(page.locator("#message")).to_contain_text("HTTP 200")
    await expect(page.locator("#message")).to_contain_text("delivered")
    await visitor.check_access()
    await page.goto(endpoint)
    await expect(page.locator("#attempts-list")).to_contain_text("company.updated")
    await visitor.check_access()

    await page.get_by_text("Request and answer").click()
    opened = page.locator("#attempts-list .exchange")
    await expect(opened).to_contain_text("webhook-signature")
    await expect(opened).to_contain_text("Content-Type")
    await visitor.check_access()
    async with page.expect_response(re.compile(r"/attempts(\?|$)")):
        await page.evaluate("htmx.trigger('#attempts-list', 'renew')")
    await expect(opened).to_contain_text("webhook-signature")
    await expect(opened).to_be_visible()


async def test_events_are_chosen_one_by_one(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await made(ada, visitor)
    await page.get_by_role("link", name="Change").click()
    boxes = page.locator(".choose")
    await expect(boxes).to_be_hidden()
    await page.get_by_role("switch", name="Every event").click()
    await expect(boxes).to_be_visible()
    await page.get_by_role("button", name="Save the changes").click()
    await expect(boxes).to_contain_text("Needs one at least")
    await visitor.check_access()
    visitor.expected.append("400")
    await page.get_by_label("company.updated").check()
    await page.get_by_role("button", name="Save the changes").click()
    await expect(page.locator("main")).to_contain_text("The endpoint is changed.")

    (one,) = (await ada.ask("GET", "/v2/webhooks/endpoints"))["data"]
    assert one["eventTypes"] == ["company.updated"]


async def test_an_endpoint_is_deleted_when_that_is_confirmed(ada: Ada, visitor: Visitor) -> None:
    page = visitor.page
    await made(ada, visitor)
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete the endpoint").click()
    await expect(page.locator("main")).to_contain_text("The endpoint is deleted.")
    await expect(page.locator("main")).to_contain_text("No endpoint yet")


async def test_a_charge_is_told_and_its_delivery_seen_without_reload(
    ada: Ada, visitor: Visitor
) -> None:
    page = visitor.page
    await ada.ask("POST", "/v2/webhooks/endpoints", {"url": visitor.url + HOOKS})
    config = {
        "lowBalanceEnabled": True,
        "lowBalanceEmailEnabled": True,
        "lowBalanceWebhookEnabled": True,
        "lowBalanceTiers": [{"tier": "warning", "cents": 99_000}],
    }
    await ada.ask("PATCH", "/v2/billing/notifications/config", config)
    await visitor.go(f"{ada.place}/notifications")
    await expect(page.locator("#notifications")).to_contain_text("Nothing yet")
    await page.evaluate("window.stayed = true")
    await ada.charge(25)
    link = page.get_by_role("link", name="Low balance: warning")
    await expect(link).to_be_visible()
    await expect(page.locator(".marks .good")).to_have_count(2)
    assert await page.evaluate("window.stayed"), "nobody has reloaded the page"
    await visitor.check_access()

    await link.click()
    await page.wait_for_url(re.compile("/notifications/ntf_"))
    await expect(page.locator("#deliveries")).to_contain_text("HTTP 200")
    await expect(page.locator("#deliveries")).to_contain_text("accepted")
    await visitor.check_access()
