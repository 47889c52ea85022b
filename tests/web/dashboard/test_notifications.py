"""Notifications as admins read them: which there were, why, and where they have arrived."""

import re
from typing import Any

import pytest

from tests.deliveries.office import OK, Reply
from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.hooks import deliver, made, mail
from tests.kit.pages import text_of

BASE = "/v2/billing/notifications"
TIERS = [{"tier": name, "cents": cents} for name, cents in (("warning", 900), ("low", 100))]
CONFIG = {
    "lowBalanceEnabled": True,
    "lowBalanceEmailEnabled": True,
    "lowBalanceWebhookEnabled": True,
    "lowBalanceTiers": TIERS,
    "highUsageEnabled": True,
    "highUsageEmailEnabled": False,
    "highUsageWebhookEnabled": False,
    "highUsageTiers": [{"tier": "warning", "cents": 150}],
}


async def told(door: Door, who: Customer) -> Any:
    """What the account was told after its first charges."""
    assert (await who.ask("PATCH", BASE + "/config", json=CONFIG)).is_success
    await who.workspace("acme")
    await door.charge(who, "report", workspace="acme", settle=True)
    found = (await who.ask("GET", BASE + "/recent")).json()
    assert len(found) == 2, found
    return found


def listed(text: str) -> list[str]:
    return re.findall(r"/notifications/(ntf_[0-9a-f]+)", text)


async def test_the_list_is_the_one_of_the_api(door: Door) -> None:
    ada = await door.customer()
    rows = await told(door, ada)
    async with pages.admin(door, ada) as person:
        page = await person.see("/notifications")
        part = await person.see("/notifications/list")
        by_kind = await person.see("/notifications?kind=high_usage")
        by_workspace = await person.see("/notifications?workspace=acme")
        none = await person.see("/notifications?kind=auto_topup")

    ids = [row["id"] for row in rows]
    high = [row["id"] for row in rows if row["kind"] == "high_usage"]
    assert listed(page.text) == ids
    assert listed(part.text) == ids
    assert "<html" not in part.text
    assert listed(by_kind.text) == listed(by_workspace.text) == high
    assert "acme spent 2.00 credits" in text_of(by_kind)
    assert listed(none.text) == []
    assert "All notifications" in none.text


async def test_older_ones_are_on_the_next_page(lite: Door) -> None:
    ada = await lite.customer()
    assert (await ada.ask("PATCH", BASE + "/config", json=CONFIG)).is_success
    for _ in range(27):  # down through a tier, and up again
        await lite.charge(ada, "report", workspace=None, settle=True)
        await lite.grant(ada, 200)
    rows = (await ada.ask("GET", BASE + "/recent?limit=100")).json()
    async with pages.admin(lite, ada) as person:
        first = await person.see("/notifications")
        older = re.search(r'href="([^"]+after=[^"]+)"', first.text)
        assert older is not None
        second = await person.see(older[1])

    assert len(rows) == 27
    assert listed(first.text) + listed(second.text) == [row["id"] for row in rows]
    assert "data-live" in first.text
    assert "data-live" not in second.text, "a page of the past stays as it is"


async def test_a_notification_from_its_cause_to_its_last_attempt(door: Door) -> None:
    ada = await door.customer(admins=["ada@example.com"])
    for path in ("/good", "/bad"):
        await made(ada, url="https://example.com" + path)
    await told(door, ada)
    await deliver(door)
    await door.charge(ada, credits=7.5, settle=True)
    low = (await ada.ask("GET", BASE + "/recent?kind=low_balance")).json()[0]["id"]
    charge = (await ada.ask("GET", "/v2/billing/charges")).json()["data"][0]["id"]
    async with pages.admin(door, ada) as person:
        waiting = await person.see(f"/notifications/{low}")
        await deliver(door, OK, Reply(500, "server_error", 12))
        await mail(door)
        page = await person.see(f"/notifications/{low}")
        part = await person.see(f"/notifications/{low}/deliveries")

    assert waiting.text.count(">waiting<") == 3, "two endpoints and a mailbox"
    assert charge in page.text
    assert 'value="8"' in page.text
    assert 'value="0.5"' in page.text
    assert '"thresholdCents": 100' in text_of(page)
    for text in (text_of(page), text_of(part)):
        assert "https://example.com/good" in text
        assert "HTTP 500 · The receiver failed · 12 ms" in text
        assert text.count(">delivered<") == 2
        assert text.count(">waiting<") == 1
        assert "ada@example.com" in text
        assert "accepted · 250" in text


async def test_a_channel_that_was_off_says_so(lite: Door) -> None:
    ada = await lite.customer()
    rows = await told(lite, ada)
    high = next(row["id"] for row in rows if row["kind"] == "high_usage")
    async with pages.admin(lite, ada) as person:
        page = await person.see(f"/notifications/{high}")

    assert "Not by webhook" in page.text
    assert "Not by mail" in page.text
    assert "acme" in page.text


@pytest.mark.parametrize("path", ["", "/deliveries"])
async def test_a_notification_of_another_account_is_not_found(lite: Door, path: str) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    rows = await told(lite, ada)
    async with pages.admin(lite, bob) as person:
        answer = await person.see(f"/notifications/{rows[0]['id']}{path}")
        cursor = await person.see(f"/notifications?after={rows[0]['id']}")

    assert answer.status_code == 404
    assert "credits" not in answer.text
    assert listed(cursor.text) == []


async def test_an_unknown_workspace_is_told_beside_its_field(lite: Door) -> None:
    ada = await lite.customer()
    hostile = "<script>alert(1)</script>"
    async with pages.admin(lite, ada) as person:
        path = f"{person.place}/notifications"
        answer = await person.client.get(path, params={"workspace": hostile})
        empty = await person.see("/notifications")

    assert f"This account never had a workspace '{hostile}'." in text_of(answer)
    assert hostile not in answer.text
    assert "Choose what you are told" in empty.text
