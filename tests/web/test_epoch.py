"""A revoked key, an archived workspace, an own price, a closed account: at once, in every process.

Two desks on one PostgreSQL stand for two processes: they share nothing but the database.
"""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.kit.door import CHARGES, Customer, Door, code, opened_door
from tests.kit.shop import opened

Doors = tuple[Door, Door]


@pytest.fixture(params=["one process", "two processes"])
async def doors(request: pytest.FixtureRequest, migrated_postgres_url: str) -> AsyncIterator[Doors]:
    """Where charges are made, and where the operator changes something meanwhile."""
    async with opened(migrated_postgres_url) as here, opened_door(here) as charging:
        if request.param == "one process":
            yield charging, charging
            return
        async with opened(migrated_postgres_url) as there, opened_door(there) as changing:
            yield charging, changing


async def charge_by_key(door: Door, ada: Customer, workspace: str = "default") -> httpx.Response:
    body = {"apiKey": ada.key, "sku": "report", "workspace": workspace}
    return await door.operator("POST", CHARGES, body)


async def test_a_revoked_key_ends_at_once(doors: Doors) -> None:
    here, there = doors
    ada = await here.customer()
    before = await charge_by_key(here, ada)
    (key,) = (await there.operator("GET", ada.place + "/keys")).json()["data"]
    revoked = await there.operator("DELETE", f"{ada.place}/keys/{key['id']}")
    after = await charge_by_key(here, ada)
    read = await ada.ask("GET", "/v2/workspaces")

    assert (before.status_code, revoked.status_code) == (201, 200)
    assert (after.status_code, code(after)) == (401, "unauthorized")
    assert read.status_code == 401


async def test_an_archived_workspace_ends_and_a_new_one_begins_at_once(doors: Doors) -> None:
    here, there = doors
    ada = await here.customer()
    on_the_other_side = Customer(there.client, ada.id, ada.key)
    unknown = await charge_by_key(here, ada, "paris")
    await on_the_other_side.workspace("paris", "Acme Paris")
    known = await charge_by_key(here, ada, "paris")
    await on_the_other_side.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Acme SAS"})
    renamed = await charge_by_key(here, ada, "paris")
    await on_the_other_side.ask("DELETE", "/v2/workspaces/paris")
    gone = await charge_by_key(here, ada, "paris")

    assert (unknown.status_code, gone.status_code) == (400, 400)
    assert known.json()["workspace"]["legalName"] == "Acme Paris"
    assert renamed.json()["workspace"]["legalName"] == "Acme SAS"


async def test_an_own_price_holds_at_the_next_command(doors: Doors) -> None:
    here, there = doors
    ada, bob = await here.customer(), await here.customer()
    listed = await here.charge(ada)
    own = {"prices": [{"sku": "report", "credits": 0.5}]}
    await there.operator("PUT", ada.place + "/prices", own)
    cheaper, others = await here.charge(ada), await here.charge(bob)
    await there.operator("PUT", ada.place + "/prices", {"prices": []})
    again = await here.charge(ada)

    paid = [answer.json()["cents"] for answer in (listed, cheaper, others, again)]
    assert paid == [200, 50, 200, 200]


async def test_a_new_price_list_holds_at_the_next_command(doors: Doors) -> None:
    """A hold keeps the price it was made at."""
    here, there = doors
    ada = await here.customer()
    hold = await here.charge(ada)
    await there.operator("PUT", "/v2/operator/prices", {"prices": [{"sku": "page", "credits": 3}]})
    gone, dearer = await here.charge(ada), await here.charge(ada, "page")
    settle = f"{CHARGES}/{hold.json()['id']}/settle"
    settled = await here.operator("POST", settle, {"quantity": 2})

    assert (gone.status_code, dearer.json()["cents"]) == (400, 300)
    assert settled.json()["cents"] == 400


async def test_a_closed_account_ends_at_once_but_its_holds_may_finish(doors: Doors) -> None:
    here, there = doors
    ada = await here.customer()
    hold, other = [f"{CHARGES}/{(await here.charge(ada)).json()['id']}" for _ in range(2)]
    await there.operator("POST", ada.place + "/close")
    refused = [await here.charge(ada), await charge_by_key(here, ada)]
    settled = await here.operator("POST", hold + "/settle", {})
    released = await here.operator("POST", other + "/release")
    key = await here.operator("POST", ada.place + "/keys", {})
    await there.operator("POST", ada.place + "/reopen")
    open_again = await charge_by_key(here, ada)

    for answer in (*refused, key):
        assert (answer.status_code, code(answer)) == (403, "account_closed")
    assert (settled.status_code, released.status_code) == (200, 200)
    assert open_again.status_code == 201


async def test_a_new_minimum_balance_holds_at_once(doors: Doors) -> None:
    here, there = doors
    ada = await here.customer(200)
    await there.operator("PATCH", ada.place, {"minimumBalanceCents": 1})
    refused = await here.charge(ada)

    assert (refused.status_code, code(refused)) == (402, "insufficient_funds")


async def test_a_test_clock_moves_for_every_process(doors: Doors) -> None:
    here, there = doors
    ada = await here.customer()
    hold = await here.charge(ada, ttlSeconds=60)
    await there.operator("POST", ada.place + "/clock", {"advanceSeconds": 61})
    seen = await here.operator("GET", f"{CHARGES}/{hold.json()['id']}")

    assert seen.json()["status"] == "expired"


async def test_only_a_sandbox_has_a_clock(lite: Door) -> None:
    ada = await lite.customer(sandbox=False)
    refused = await lite.operator("POST", ada.place + "/clock", {"advanceSeconds": 1})

    assert (refused.status_code, code(refused)) == (409, "not_a_sandbox")
