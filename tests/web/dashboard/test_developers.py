"""Keys and the request log: what the API says, shown to admins; a key is shown once."""

import re
from typing import Any

import pytest

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import text_of

HOSTILE = ["<script>alert(1)</script>", "\u202eevil", "W" * 255, "\"'><img src=x onerror=y>"]
KEY = re.compile(r"pk_[A-Za-z0-9_=-]{32}")


async def keys(door: Door, who: Customer) -> Any:
    return (await door.operator("GET", who.place + "/keys")).json()["data"]


def charges(page: str) -> list[str]:
    """The ids of the charges that a page leads to, in its order."""
    return re.findall(r"/developers/requests/(chg_[0-9a-f]+)", page)


async def test_a_key_is_shown_once_and_opens_the_api(door: Door) -> None:
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        made = await person.told("/developers", form="new", name="billing job", scope="read")
        found = KEY.findall(made.text)
        again = await person.see("/developers")
        log = text_of(await person.see("/audit"))

    assert made.status_code == 200
    (key,) = set(found)
    mine = Customer(door.client, ada.id, key)
    assert (await mine.ask("GET", "/v2/billing/balance")).status_code == 200
    assert (await mine.workspace("acme")).status_code == 403, "it only reads"
    assert "billing job" in again.text
    assert key not in again.text
    assert "key created" in log
    assert "scope: read" in log
    assert key not in log


async def test_a_revoked_key_opens_nothing(door: Door) -> None:
    ada = await door.customer()
    (row,) = await keys(door, ada)
    async with pages.admin(door, ada) as person:
        path = f"/developers/keys/{row['id']}/revoke"
        answers = [await person.send(path) for _ in range(2)]
        shown = text_of(await person.see("/developers"))
        log = text_of(await person.see("/audit"))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (await ada.ask("GET", "/v2/billing/balance")).status_code == 401
    assert "No key yet" in shown
    assert "1 revoked key" in shown
    assert log.count("key revoked") == 1, "the second time changed nothing"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "W" * 256}, "at most 255 characters"),
        ({"name": "a\tb"}, "control characters"),
        ({"name": "job", "scope": "root"}, "scope"),
    ],
)
async def test_a_wrong_key_form_says_why_and_makes_none(
    lite: Door, fields: dict[str, str], message: str
) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        answer = await person.send("/developers", form="new", **fields)

    assert answer.status_code == 400
    assert message in text_of(answer)
    assert len(await keys(lite, ada)) == 1


async def test_a_key_of_another_account_cannot_be_revoked(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    (row,) = await keys(lite, ada)
    async with pages.admin(lite, bob) as person:
        answer = await person.send(f"/developers/keys/{row['id']}/revoke")

    assert answer.status_code == 404
    assert (await ada.ask("GET", "/v2/billing/balance")).status_code == 200


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_of_a_key_is_only_shown(lite: Door, name: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await person.told("/developers", form="new", name=name)

    assert name in text_of(made)
    assert "<script>alert" not in made.text
    assert "<img src=x" not in made.text


async def test_the_log_goes_through_every_charge_page_by_page(door: Door) -> None:
    """The same charges in the same order as the API, none twice."""
    ada = await door.customer(100_000)
    for number in range(55):
        await door.charge(ada, "page", settle=number % 2 == 0)
    listed = (await ada.ask("GET", "/v2/billing/charges?limit=100")).json()["data"]
    async with pages.admin(door, ada) as person:
        first = await person.see("/developers/requests")
        older = re.search(r'href="(\?cursor=[^"]+)"', first.text)
        assert older is not None
        second = await person.see("/developers/requests" + older[1])

    assert charges(first.text) + charges(second.text) == [one["id"] for one in listed]
    assert "Older" not in second.text
    assert "Newest" in second.text


async def test_the_log_shows_what_the_filters_say(door: Door) -> None:
    ada = await door.customer(10_000)
    await ada.workspace("acme")
    await door.charge(ada, "page", workspace="acme", settle=True)
    await door.charge(ada, "report", workspace="acme")
    await door.charge(ada, "page", settle=True)
    async with pages.admin(door, ada) as person:
        for query in ("workspace=acme", "status=held", "sku=page&workspace=default"):
            page = await person.see(f"/developers/requests?{query}")
            listed = (await ada.ask("GET", f"/v2/billing/charges?{query}")).json()["data"]

            assert charges(page.text) == [one["id"] for one in listed], query
            assert listed, query


@pytest.mark.parametrize("workspace", ["nobody", "<script>alert(1)</script>", "ws_0"])
async def test_an_unknown_workspace_is_told_beside_its_field(lite: Door, workspace: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        answer = await person.client.get(
            f"{person.place}/developers/requests", params={"workspace": workspace}
        )

    assert answer.status_code == 200
    assert f"This account never had a workspace '{workspace}'." in text_of(answer)
    assert 'aria-describedby="workspace-error"' in answer.text
    assert "<script>alert" not in answer.text


async def test_one_request_is_shown_with_its_metadata(lite: Door) -> None:
    ada = await lite.customer()
    hostile = "<script>alert(1)</script>"
    made = await lite.charge(ada, metadata={"order": hostile}, settle=True)
    place = f"/v2/operator/charges/{made.json()['id']}/refund"
    assert (await lite.operator("POST", place, {"credits": 0.5}, key="k")).is_success
    async with pages.admin(lite, ada) as person:
        page = await person.see(f"/developers/requests/{made.json()['id']}")

    assert hostile in text_of(page)
    assert hostile not in page.text
    assert 'title="0.5 credits"' in page.text, "what was given back"
    assert 'title="1.5 credits"' in page.text, "what is paid today"


async def test_a_request_of_another_account_is_not_found(lite: Door) -> None:
    ada, bob = await lite.customer(), await lite.customer()
    made = await lite.charge(ada)
    async with pages.admin(lite, bob) as person:
        answer = await person.see(f"/developers/requests/{made.json()['id']}")

    assert answer.status_code == 404


async def test_empty_pages_say_what_to_do_next(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        empty = await person.see("/developers/requests")
        filtered = await person.see("/developers/requests?status=held")

    assert "Make the first request" in empty.text
    assert "All requests" in filtered.text
