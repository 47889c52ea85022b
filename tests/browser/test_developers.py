"""An admin makes a key and finds the requests that were made with it."""

import shlex
from typing import Any

import httpx
from playwright.async_api import expect

from tests.browser.house import WAIT_S, Ada
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


async def test_commands_work_as_they_are_copied(ada: Ada, visitor: Visitor) -> None:
    """They are the first thing somebody tries: the balance is shown, and the request is paid."""
    prices = {"prices": [{"sku": "fra-company-data", "credits": 1}]}
    await ada.house.operator("PUT", f"/v2/operator/accounts/{ada.id}/prices", prices)
    await visitor.go(f"{ada.place}/developers")
    for name in ("Copy the request for the balance", "Copy the paid request"):
        button = visitor.page.get_by_role("button", name=name)
        answer = await typed(await button.get_attribute("data-copy") or "", ada.key)
        assert answer.status_code == 200, answer.text
    (line,) = await ada.ask("GET", "/v2/workspaces/usage?workspace=default")

    assert line["breakdown"], "it was counted for the workspace that the page says"


async def typed(command: str, key: str) -> httpx.Response:
    """What a shell would send."""
    words = iter(shlex.split(command.replace("$PREPAID_KEY", key).replace("\\\n", "")))
    assert next(words) == "curl"
    asked: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word == "-X":
            asked["method"] = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            asked["headers"][name] = value
        elif word == "-d":
            asked["content"] = next(words)
        else:
            asked["url"] = word
    async with httpx.AsyncClient(timeout=WAIT_S) as client:
        return await client.request(**asked)
