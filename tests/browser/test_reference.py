"""The reference of the API in a browser: found, read, copied, in any colours, on a phone."""

import json
import re

import httpx
from playwright.async_api import expect

from tests.browser.house import Ada
from tests.browser.test_developers import typed
from tests.browser.visitor import Visitor

ARTICLES = "article.route:visible"


async def test_a_route_is_found_by_its_words(visitor: Visitor) -> None:
    """The list is searched with the page; what is chosen then is there."""
    page = visitor.page
    await visitor.go("/docs")
    every = await page.locator(ARTICLES).count()
    await page.keyboard.press("/")
    await page.keyboard.type("post refund")
    await expect(page.locator(ARTICLES)).to_have_count(1)
    await expect(page.get_by_role("status")).to_have_text("1 route")
    await expect(page.locator(ARTICLES)).to_contain_text("/v2/operator/charges/{id}/refund")
    await visitor.check_access()

    await page.get_by_label("Find a route").fill("no such thing")
    await expect(page.locator(ARTICLES)).to_have_count(0)
    await expect(page.get_by_role("status")).to_have_text("0 routes")
    await page.get_by_label("Find a route").press("Escape")
    await expect(page.locator(ARTICLES)).to_have_count(every)


async def test_a_link_leads_to_a_route_that_the_search_has_hidden(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/docs")
    await page.get_by_label("Find a route").fill("refund")
    await expect(page.locator(ARTICLES)).to_have_count(1)
    await page.locator(ARTICLES).get_by_text("errors to expect").click()
    await (
        page.locator(ARTICLES)
        .get_by_role("link", name="insufficient_funds")
        .or_(page.locator(ARTICLES).get_by_role("link", name="unauthorized"))
        .first.click()
    )
    await expect(page.locator("#errors")).to_be_visible()
    await expect(page.locator("dl.codes > div:target")).to_be_in_viewport()


async def test_a_copied_request_is_answered(ada: Ada, visitor: Visitor) -> None:
    """The page names the address it was made for; only the key is the reader's."""
    await visitor.go("/docs#billing-balance")
    button = visitor.page.locator("#billing-balance [data-copy]").first
    command = (await button.get_attribute("data-copy") or "").replace("$API_KEY", "$PREPAID_KEY")
    answer = await typed(command, ada.key)

    assert answer.status_code == 200, answer.text
    told = await visitor.page.locator("#billing-balance .panel code").last.inner_text()
    assert json.loads(told).keys() == answer.json().keys()


async def test_colours_are_those_that_were_chosen(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.go("/docs")
    await page.get_by_role("button", name="Dark colours").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await visitor.go("/docs")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("button", name="Dark colours")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_on_a_phone_the_list_opens_and_goes_again(visitor: Visitor) -> None:
    page = visitor.page
    await page.set_viewport_size({"width": 360, "height": 740})
    await visitor.go("/docs")
    await page.get_by_role("button", name="Menu").click()
    link = page.get_by_role("navigation").get_by_role("link", name=re.compile("Create a webhook"))
    await link.click()
    await expect(page.locator("#webhooks_endpoints-create")).to_be_in_viewport()
    await expect(link).to_be_hidden()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360


async def test_without_script_it_is_the_same_page(visitor: Visitor) -> None:
    """What needs a script is not offered; everything is read."""
    async with httpx.AsyncClient(base_url=visitor.url) as client:
        page = (await client.get("/docs")).text

    assert re.search(r"<search [^>]*hidden", page)
    assert re.search(r'<form class="theme"[^>]*hidden', page)
    assert "/v2/operator/charges/{id}/refund" in page
