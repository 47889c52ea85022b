"""When a tier rings again, and what never rings: undone charges, grants, changed rules."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from prepaid.domain.instants import DAY, HOUR, iso_micros
from tests.acceptance.notified import EACH, LOW, START, WHOLE, World, opened_world, tiers
from tests.kit.door import CHARGES


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def test_a_release_a_grant_or_a_patch_never_fires(world: World) -> None:
    """Only billable usage does, though every tier's condition is true all the while."""
    ada = await world.ada(100)
    held = [await ada.hold(10) for _ in range(3)]
    paid = await ada.spend(20)
    met = tiers(warning=1_000, critical=60)
    await ada.set(**LOW, lowBalanceTiers=met)
    await ada.set(**WHOLE, globalHighUsageTiers=tiers(warning=1))
    await ada.set(**EACH, highUsageTiers=tiers(warning=1))
    await ada.override("default", highUsageTiers=tiers(warning=2))
    await ada.who.ask("DELETE", "/v2/billing/notifications/workspaces/default/config")
    await ada.grant(10)
    await ada.end(held[0], "release")
    await ada.end(held[1], "settle", 10)
    await ada.end(held[2], "settle", 5)
    await ada.end(paid, "refund", 5)
    await ada.spend(0)
    body = {"cents": -10, "reason": "a correction"}
    await world.door.operator("POST", ada.who.place + "/credits", body)
    await ada.later(16)
    assert await ada.rung() == []

    await ada.spend(1)
    assert len(await ada.rung()) == 3


async def test_an_expiry_never_fires(world: World) -> None:
    ada = await world.ada(100)
    await ada.hold(10, ttlSeconds=60)
    await ada.hold(10, ttlSeconds=120)
    await ada.set(**LOW, lowBalanceTiers=tiers(warning=1_000))
    await ada.later(3)

    assert (await ada.who.balance())["balanceInCreditCents"] == 100
    assert await ada.rung() == []


async def test_a_refusal_never_fires(world: World) -> None:
    ada = await world.ada(10)
    await ada.spend(10)
    await ada.set(**LOW, lowBalanceTiers=tiers(warning=50))
    refused = await world.door.charge(ada.who, credits=1)

    assert refused.status_code == 402
    assert await ada.rung() == []


async def test_a_higher_settle_fires(world: World) -> None:
    """It raises the charge's amount, so it is billable usage."""
    ada = await world.ada(100, **LOW, lowBalanceTiers=tiers(warning=50))
    held = await ada.hold(10)
    await ada.end(held, "settle", 50)

    assert await ada.rung() == ["balance:warning:1"]


async def test_a_settle_after_expiry_fires(world: World) -> None:
    ada = await world.ada(100)
    held = await ada.hold(60, ttlSeconds=60)
    await ada.later(2)
    await ada.set(**LOW, lowBalanceTiers=tiers(warning=50))
    assert (await ada.who.balance())["balanceInCreditCents"] == 100

    await ada.end(held, "settle")
    assert await ada.rung() == ["balance:warning:1"]


async def test_a_thousand_holds_released_near_a_tier_ring_once(world: World) -> None:
    """Every failing request would ring again otherwise; a real crossing an hour later rings."""
    ada = await world.ada(
        10_000,
        **LOW,
        **WHOLE,
        lowBalanceTiers=tiers(warning=9_995),
        globalHighUsageTiers=tiers(warning=10),
    )
    once = ["balance:warning:1", "global:warning:1"]
    batch = [{"accountId": ada.who.id, "sku": "report", "credits": 0.1} for _ in range(100)]
    for _ in range(10):
        made = await world.door.operator("POST", f"{CHARGES}/batch", {"charges": batch})
        held = [result["body"] for result in made.json()["results"] if result["status"] == 201]
        assert len(held) == 100
        await asyncio.gather(*(ada.end(charge, "release") for charge in held))
    assert await ada.rung() == once

    await ada.later(59)
    await ada.end(await ada.hold(10), "release")
    assert await ada.rung() == once
    await ada.later(1)
    await ada.spend(10)
    assert await ada.rung() == [*once, "balance:warning:2", "global:warning:2"]


@pytest.mark.parametrize("how", ["release", "expire", "settle", "refund"])
async def test_every_way_of_undoing_a_charge_waits_an_hour(world: World, how: str) -> None:
    ada = await world.ada(100, **LOW, lowBalanceTiers=tiers(warning=50))
    if how == "refund":
        await ada.end(await ada.spend(60), "refund")
    elif how == "expire":
        await ada.hold(60, ttlSeconds=1)
        await ada.later(1)
    else:
        await ada.end(await ada.hold(60), how, 0 if how == "settle" else None)
    assert (await ada.who.balance())["balanceInCreditCents"] == 100
    again = await ada.hold(60)
    assert await ada.rung() == ["balance:warning:1"]

    await ada.end(again, "release")
    await ada.later(60)
    await ada.spend(60)
    assert await ada.rung() == ["balance:warning:1", "balance:warning:2"]


async def test_high_usage_waits_the_period_where_that_is_shorter(world: World) -> None:
    """The first charge keeps the spend below, but not by leaving the window."""
    ada = await world.ada(
        globalHighUsageEnabled=True,
        globalHighUsagePeriodMinutes=5,
        globalHighUsageTiers=tiers(warning=50),
    )
    await ada.end(await ada.hold(50), "release")
    await ada.later(4)
    await ada.end(await ada.hold(50), "release")
    assert await ada.rung() == ["global:warning:1"]

    await ada.later(1)
    await ada.spend(50)
    assert await ada.rung() == ["global:warning:1", "global:warning:2"]


async def test_a_refunded_charge_leaves_the_window_it_was_made_in(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=100))
    first = await ada.spend(60)
    await ada.later(30)
    await ada.end(first, "refund", 40)
    await ada.spend(50)
    state = (await ada.state())["globalHighUsage"]
    assert (state["valueCents"], await ada.rung()) == (70, [])

    await ada.later(30)
    assert (await ada.state())["globalHighUsage"]["valueCents"] == 50


async def test_a_charge_refunded_after_its_rows_are_out_changes_no_window(world: World) -> None:
    """Rows older than 31 days are in no window, and may be gone."""
    ada = await world.ada(
        globalHighUsageEnabled=True,
        globalHighUsagePeriodMinutes=43_200,
        globalHighUsageTiers=tiers(warning=50),
    )
    old = await ada.spend(40)
    await ada.later(32 * 24 * 60)
    await ada.spend(30)
    await ada.end(old, "refund")
    assert (await ada.state())["globalHighUsage"]["valueCents"] == 30

    await ada.spend(20)
    assert await ada.rung() == ["global:warning:1"]


async def test_an_archived_workspace_is_told_no_more_and_counts_globally(world: World) -> None:
    """Its open holds finish as usual, with no workspace pass."""
    ada = await world.ada(
        **WHOLE,
        **EACH,
        globalHighUsageTiers=tiers(warning=50),
        highUsageTiers=tiers(warning=30),
    )
    await ada.workspace("paris")
    held = await ada.hold(20, "paris")
    await ada.who.ask("DELETE", "/v2/workspaces/paris")
    await ada.end(held, "settle", 50)

    assert await ada.rung() == ["global:warning:1"]
    assert [one["workspace"] for one in (await ada.state())["highUsage"]] == ["default"]


async def test_a_name_used_again_starts_with_an_empty_window(world: World) -> None:
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    ids = []
    for _ in range(2):
        ids.append(await ada.workspace("paris"))
        await ada.spend(49, "paris")
        await ada.who.ask("DELETE", "/v2/workspaces/paris")
    ids.append(await ada.workspace("paris"))
    assert await ada.rung() == []

    await ada.spend(50, "paris")
    (sent,) = await ada.recent()
    assert sent["workspaceId"] == ids[2]
    assert sent["dedupKey"] == f"high_usage:warning:{ids[2]}:1"


async def test_an_import_refunded_is_taken_out_where_it_was_put(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    half = iso_micros(START - HOUR // 2)
    done = await world.door.import_usage(ada.who, half, credits=0.4)
    await ada.end(done["body"], "refund", 30)
    await ada.spend(39)
    assert await ada.rung() == []

    await ada.spend(1)
    assert await ada.rung() == ["global:warning:1"]


async def test_a_charge_settled_higher_after_it_left_the_window_does_not_count(
    world: World,
) -> None:
    """Changes of a charge's amount belong to the time it was reserved."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    held = await ada.hold(10, ttlSeconds=DAY // 1_000_000)
    await ada.later(61)
    await ada.end(held, "settle", 90)
    await ada.spend(49)

    assert await ada.rung() == []
    assert (await ada.state())["globalHighUsage"]["valueCents"] == 49
