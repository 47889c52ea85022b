"""The first refusal is told, by webhook and mail, once until there has been room again."""

import asyncio
from typing import Any

from sqlalchemy import select

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Reserve
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND
from prepaid.domain.limits import Limit
from prepaid.domain.refusals import Refusal
from prepaid.flows import workspaces
from prepaid.store import tables as t
from prepaid.store.vault import Vault, open_database
from tests.acceptance.notified import START, Told, World
from tests.kit.shop import Shop
from tests.limits.limited import ask, limited, monthly, put, rolling, rung

TOLD = "workspace_limit:reached:ws"


async def mails_of(told: Told) -> list[tuple[Any, ...]]:
    """Event and recipient of each mail that waits to be written."""
    m = t.mail.c
    rows = await told.door.shop.desk.vault.read(
        lambda connection: connection.execute(select(m.kind, m.recipient)).all()
    )
    return [tuple(row) for row in rows]


async def refuse(told: Told, cents: float = 1) -> None:
    """Something the limit does not let pass."""
    assert (await ask(told, cents)).status_code == 402


async def test_the_first_refusal_is_told_once_with_all_its_facts(world: World) -> None:
    """One notification, one message and one mail per admin, however often it is refused."""
    ada = await limited(world, rolling(100), admins=["ada@x.example", "bob@x.example"])
    await ada.spend(90)
    for _ in range(5):
        await refuse(ada, 20)

    (one,) = await ada.recent()
    account, workspace = ids.parse_account(ada.who.id), one["workspaceId"]
    assert account is not None
    assert workspace == ids.owned("ws", account, ids.DEFAULT)
    assert (one["kind"], one["identifier"]) == ("workspace_limit", "reached")
    assert one["dedupKey"] == f"workspace_limit:reached:{workspace}:1"
    assert list(one["payload"].items()) == [
        ("type", "billing.workspace_limit.reached"),
        ("version", "1"),
        ("accountId", ada.who.id),
        ("workspaceId", workspace),
        ("limitCents", 100),
        ("period", None),
        ("periodMinutes", 60),
        ("spentCents", 90),
        ("refusedCents", 20),
        ("freesAt", "2026-04-14T11:23:45.001Z"),
        ("firedAt", "2026-04-14T10:23:45.000Z"),
    ]
    sent = (await ada.who.ask("GET", "/v2/webhooks/messages")).json()["data"]
    assert [message["eventType"] for message in sent] == ["billing.workspace_limit.reached"]
    event = "billing.workspace_limit.reached"
    assert sorted(await mails_of(ada)) == [(event, "ada@x.example"), (event, "bob@x.example")]


async def test_it_is_told_again_when_spend_has_fallen_and_reached_it_again(world: World) -> None:
    ada = await limited(world, rolling(100))
    await ada.spend(100)
    await refuse(ada)
    world.hand.now += HOUR + SECOND
    await ada.spend(100)
    await refuse(ada)
    await refuse(ada)

    assert await rung(ada) == [f"{TOLD}:1", f"{TOLD}:2"]


async def test_a_workspace_that_lives_at_its_limit_is_told_of_once_an_hour(world: World) -> None:
    """A rolling limit lets a little pass each minute, and refuses in each: no flood of mail."""
    ada = await limited(world, rolling(60, 1_440))
    for _ in range(60):
        world.hand.now += 24 * MINUTE
        await ada.spend(1)
    for _ in range(15):
        await refuse(ada, 1.5)
        world.hand.now += 24 * MINUTE
        await ada.spend(1)
        await refuse(ada)

    assert len(await rung(ada)) == 6  # 15 times 24 minutes, an hour or more apart


async def test_one_that_stays_full_is_told_of_once_however_long(world: World) -> None:
    """No time makes news of a condition that never ended."""
    ada = await limited(world, monthly(100))
    await ada.spend(95)
    for _ in range(10):
        await refuse(ada, 10)
        world.hand.now += DAY

    assert await rung(ada) == [f"{TOLD}:1"]


async def test_a_smaller_charge_that_had_room_when_it_was_told_is_news(world: World) -> None:
    """One request that is far too large must not hide that the limit is reached for good later."""
    ada = await limited(world, monthly(100))
    await refuse(ada, 500)
    world.hand.now += 2 * HOUR
    await refuse(ada, 500)
    await ada.spend(100)
    await refuse(ada)
    await refuse(ada, 500)

    assert await rung(ada) == [f"{TOLD}:1", f"{TOLD}:2"]


async def test_undone_charges_at_the_limit_ring_at_most_once_an_hour(world: World) -> None:
    """A failing API that holds and releases right at the limit is one event, not a thousand."""
    ada = await limited(world, monthly(100))
    held = await ada.hold(100)
    for _ in range(4):
        await refuse(ada)
        await ada.end(held, "release")
        held = await ada.hold(100, ttlSeconds=86_400)
    world.hand.now += HOUR + SECOND
    await refuse(ada)

    assert await rung(ada) == [f"{TOLD}:1", f"{TOLD}:2"]


async def test_a_new_month_is_told_of_at_once(world: World) -> None:
    """Also when the old one was reached minutes before its end."""
    ada = await limited(world, monthly(100))
    world.hand.now = START + (16 * DAY + 13 * HOUR + 36 * MINUTE)  # 30 April, a minute to go
    await ada.spend(100)
    await refuse(ada)
    world.hand.now += 2 * MINUTE
    await ada.spend(100)
    await refuse(ada)

    assert await rung(ada) == [f"{TOLD}:1", f"{TOLD}:2"]


async def test_another_limit_is_told_of_anew_and_the_count_goes_on(world: World) -> None:
    """Keys stay unique: the count outlives the limit. The same limit again is no other one."""
    ada = await limited(world, rolling(100))
    await ada.spend(100)
    await refuse(ada)
    await put(ada, rolling(100))
    await refuse(ada)
    await put(ada, monthly(100))
    await refuse(ada)
    await put(ada, None)
    await put(ada, monthly(100))
    await refuse(ada)

    assert await rung(ada) == [f"{TOLD}:{n}" for n in (1, 2, 3)]


async def test_the_refusal_that_is_told_has_a_number_of_its_own(world: World) -> None:
    """It is written down, so it stands in the account's order; refusals that are not do not."""
    ada = await limited(world, rolling(100))
    first = await ada.spend(100)
    await refuse(ada)
    await refuse(ada)
    second = await ada.spend(0)

    assert second["seq"] == first["seq"] + 2
    assert second["balanceCents"] == first["balanceCents"]
    explained = await ada.who.ask(
        "GET", f"/v2/billing/notifications/{(await ada.recent())[0]['id']}/explain"
    )
    assert explained.json()["charge"] is None
    assert (explained.json()["beforeCents"], explained.json()["afterCents"]) == (100, 100)


async def test_sixty_refusals_in_two_writers_are_told_once(shop: Shop, database_url: str) -> None:
    """Whoever is first tells it, in the transaction of the refusal itself."""
    ada = await shop.account(credits=1_000)
    await workspaces.change(shop.desk, ada, "default", limit=Limit(0, 60))
    vaults = [shop.desk.vault]
    if not database_url.startswith("sqlite"):
        vaults.append(Vault(open_database(database_url)))
        vaults[1].start()
    command = Reserve(account=ada, sku="page", credits=CENT)
    told = await asyncio.gather(
        *(vaults[n % len(vaults)].submit(command) for n in range(60)), return_exceptions=True
    )
    for vault in vaults[1:]:
        await vault.stop()

    assert {type(one) for one in told} == {Refusal}
    n = t.notification.c
    keys = await shop.desk.vault.read(
        lambda c: c.execute(select(n.dedup_key).where(n.account_id == ada)).scalars().all()
    )
    assert [key.rpartition(":")[2] for key in keys] == ["1"]
