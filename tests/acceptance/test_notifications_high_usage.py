"""The guide's statements on high usage: two independent passes over a rolling window."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from prepaid.domain.instants import HOUR, MINUTE, iso_micros
from tests.acceptance.notified import (
    EACH,
    START,
    WHOLE,
    World,
    opened_world,
    tiers,
)

BOTH: dict[str, Any] = WHOLE | EACH


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def test_spend_in_a_rolling_window_that_reaches_a_threshold_is_told_once(
    world: World,
) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(49)
    assert await ada.rung() == []

    await ada.spend(1)
    for _ in range(20):
        await ada.spend(5)
    assert await ada.rung() == ["global:warning:1"]


async def test_global_sums_billable_usage_across_every_workspace(world: World) -> None:
    """Plus the account-wide bucket."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=60))
    await ada.workspace("paris")
    for workspace in ("default", "paris", None):
        assert await ada.rung() == []
        await ada.spend(20, workspace)

    assert await ada.rung() == ["global:warning:1"]


async def test_per_workspace_sums_billable_usage_for_a_single_workspace(world: World) -> None:
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    paris = await ada.workspace("paris")
    await ada.spend(49, "default")
    await ada.spend(49, None)
    await ada.spend(25, "paris")
    assert await ada.rung() == []

    await ada.spend(25, "paris")
    (sent,) = await ada.recent()
    assert (sent["workspaceId"], sent["payload"]["periodSpendCents"]) == (paris, 50)


async def test_a_charge_of_no_workspace_has_no_workspace_pass(world: World) -> None:
    ada = await world.ada(**BOTH, highUsageTiers=tiers(warning=1))
    await ada.spend(50, None)

    assert await ada.rung() == []


async def test_both_passes_can_fire_in_the_same_evaluation(world: World) -> None:
    """Global first, then the workspace; each its tiers from the lowest cents up."""
    ada = await world.ada(
        **BOTH,
        globalHighUsageTiers=tiers(critical=50, warning=30),
        highUsageTiers=tiers(critical=40, warning=20),
    )
    await ada.spend(60)
    sent = await ada.recent()

    assert await ada.rung() == [
        "global:warning:1",
        "global:critical:1",
        "workspace:warning:1",
        "workspace:critical:1",
    ]
    assert {one["payload"]["periodSpendCents"] for one in sent} == {60}


async def test_low_balance_is_told_before_high_usage(world: World) -> None:
    config = BOTH | {"lowBalanceEnabled": True, "lowBalanceTiers": tiers(warning=50)}
    ada = await world.ada(
        100, **config, globalHighUsageTiers=tiers(warning=1), highUsageTiers=tiers(warning=1)
    )
    await ada.spend(60)

    assert await ada.rung() == ["balance:warning:1", "global:warning:1", "workspace:warning:1"]


async def test_each_pass_has_its_own_master_toggle(world: World) -> None:
    for on, off in ((WHOLE, "workspace"), (EACH, "global")):
        ada = await world.ada(
            **on, globalHighUsageTiers=tiers(warning=1), highUsageTiers=tiers(warning=1)
        )
        await ada.spend(5)
        rung = await ada.rung()

        assert len(rung) == 1
        assert not rung[0].startswith(off)


async def test_each_pass_has_its_own_period_and_tier_list(world: World) -> None:
    ada = await world.ada(
        globalHighUsageEnabled=True,
        globalHighUsagePeriodMinutes=120,
        globalHighUsageTiers=tiers(warning=60),
        highUsageEnabled=True,
        highUsagePeriodMinutes=30,
        highUsageTiers=tiers(warning=40),
    )
    await ada.spend(30)
    await ada.later(45)
    await ada.spend(30)
    assert await ada.rung() == ["global:warning:1"]

    await ada.spend(10)
    assert await ada.rung() == ["global:warning:1", "workspace:warning:1"]


async def test_a_tier_equal_to_the_spend_fires(world: World) -> None:
    """The sum of spend meets-or-exceeds the cents."""
    ada = await world.ada(**BOTH, highUsageTiers=tiers(warning=50))
    await ada.spend(49.9999)
    assert await ada.rung() == []

    await ada.spend(0.0001)
    assert await ada.rung() == ["workspace:warning:1"]


async def test_spend_that_expires_from_the_window_rearms(world: World) -> None:
    """High usage rearms when the rolling spend falls below the tier threshold."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(50)
    await ada.later(60)
    await ada.spend(50)

    assert await ada.rung() == ["global:warning:1", "global:warning:2"]


async def test_spend_that_stays_at_the_threshold_does_not_rearm(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    for _ in range(6):
        await ada.spend(50)
        await ada.later(40)

    assert await ada.rung() == ["global:warning:1"]


@pytest.mark.parametrize("minutes", [5, 43_200])
async def test_a_charge_exactly_one_period_old_is_out(world: World, minutes: int) -> None:
    """One microsecond before that it is in; the window is not made of buckets."""
    for early, rung in ((1, ["global:warning:1"]), (0, [])):
        world.hand.now = START
        ada = await world.ada(
            globalHighUsageEnabled=True,
            globalHighUsagePeriodMinutes=minutes,
            globalHighUsageTiers=tiers(warning=50),
        )
        await ada.spend(30)  # the account's third change: two microseconds after START
        world.hand.now = START + 2 + minutes * MINUTE - early
        await ada.spend(20)

        assert await ada.rung() == rung


async def test_two_evaluations_of_one_crossing_do_not_produce_duplicates(world: World) -> None:
    """The same request sent again with its key is evaluated once."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    first = await ada.spend(50, key="k1")
    again = await ada.spend(50, key="k1")

    assert again == first
    assert await ada.rung() == ["global:warning:1"]


async def test_a_changed_period_does_not_duplicate(world: World) -> None:
    """A changed period keeps the state of a tier whose spend is still at or above its cents."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(50)
    for minutes in (120, 43_200, 5, 60):
        await ada.set(globalHighUsagePeriodMinutes=minutes)
        await ada.spend(1)

    assert await ada.rung() == ["global:warning:1"]


async def test_a_shorter_period_that_brings_the_spend_below_rearms(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(50)
    await ada.later(10)
    await ada.set(globalHighUsagePeriodMinutes=5)
    await ada.spend(50)

    assert await ada.rung() == ["global:warning:1", "global:warning:2"]


async def test_a_longer_period_counts_what_had_left_from_the_next_charge_on(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(40)
    await ada.later(90)
    await ada.set(globalHighUsagePeriodMinutes=120)
    assert await ada.rung() == []

    await ada.spend(10)
    assert await ada.rung() == ["global:warning:1"]


async def test_changed_cents_of_a_usage_tier_arm_anew(world: World) -> None:
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.set(globalHighUsageTiers=tiers(warning=55))
    await ada.spend(1)

    assert await ada.rung() == ["global:warning:1", "global:warning:2"]


async def test_an_import_counts_at_the_time_it_occurred(world: World) -> None:
    """Inside the window it counts, and it can fire; behind it, it does not."""
    ada = await world.ada(**WHOLE, globalHighUsageTiers=tiers(warning=50))
    for ago, cents in ((HOUR + MINUTE, 100), (30 * MINUTE, 30), (0, 20)):
        assert await ada.rung() == []
        found = await world.door.import_usage(ada.who, iso_micros(START - ago), credits=cents / 100)
        assert found["status"] == 201, found

    assert await ada.rung() == ["global:warning:1"]
    await ada.later(31)
    state = await ada.state()
    assert state["globalHighUsage"]["valueCents"] == 20


async def test_an_import_of_long_ago_changes_the_balance_and_no_window(world: World) -> None:
    config = {"lowBalanceEnabled": True, "lowBalanceTiers": tiers(warning=50)}
    ada = await world.ada(100, **BOTH, **config, globalHighUsageTiers=tiers(warning=1))
    long_ago = iso_micros(START - 31 * 24 * HOUR)
    found = await world.door.import_usage(ada.who, long_ago, credits=0.6)

    assert found["status"] == 201
    assert await ada.rung() == ["balance:warning:1"]
    assert (await ada.state())["globalHighUsage"]["valueCents"] == 0
