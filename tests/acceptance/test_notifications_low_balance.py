"""The guide's statements on low balance, one by one."""

from collections.abc import AsyncIterator

import pytest

from tests.acceptance.notified import LOW, World, opened_world, tiers


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def test_nothing_fires_until_an_admin_enables_the_specific_kind(world: World) -> None:
    """All master toggles are off by default on new accounts."""
    ada = await world.ada(cents=100)
    await ada.spend(100)

    assert await ada.rung() == []


async def test_flipping_the_master_on_immediately_fires_on_one_sensible_threshold(
    world: World,
) -> None:
    """Each kind ships with a single warning tier; it fires at the next charge, not at the PATCH."""
    ada = await world.ada(cents=100, **LOW)
    assert await ada.rung() == []

    await ada.spend(1)
    assert await ada.rung() == ["balance:warning:1"]


async def test_a_prepaid_balance_that_crosses_a_configured_threshold_is_told_once(
    world: World,
) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(49)
    assert await ada.rung() == []

    await ada.spend(10)
    assert await ada.rung() == ["balance:warning:1"]


async def test_a_notification_is_recorded_once_per_crossing_not_once_per_request(
    world: World,
) -> None:
    """A single balance drop will not spam you."""
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, depleted=0))
    for _ in range(25):
        await ada.spend(3)
    await ada.later(24 * 60)
    await ada.spend(3)

    assert await ada.rung() == ["balance:warning:1"]


async def test_a_tier_fires_when_the_balance_drops_at_its_cents_exactly(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, depleted=0))
    await ada.spend(50)
    assert await ada.rung() == ["balance:warning:1"]

    await ada.spend(50)
    assert await ada.rung() == ["balance:warning:1", "balance:depleted:1"]


async def test_a_ten_thousandth_of_a_cent_above_a_tier_is_above_it(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(49.9999)
    assert await ada.rung() == []

    await ada.spend(0.0001)
    assert await ada.rung() == ["balance:warning:1"]


async def test_a_refill_followed_by_another_drop_sends_a_fresh_notification(world: World) -> None:
    """Low balance rearms when the balance recovers above the tier threshold."""
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.grant(60)
    await ada.spend(60)

    assert await ada.rung() == ["balance:warning:1", "balance:warning:2"]


async def test_a_refill_that_only_reaches_the_tier_does_not_rearm_it(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.grant(10)
    await ada.spend(10)

    assert await ada.rung() == ["balance:warning:1"]


async def test_a_refill_rearms_only_the_tiers_it_rises_above(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, critical=20))
    await ada.spend(90)
    await ada.grant(20)
    await ada.spend(25)

    rung = await ada.rung()
    assert rung == ["balance:warning:1", "balance:critical:1", "balance:critical:2"]


async def test_three_tiers_in_one_charge_are_three_notifications_highest_cents_first(
    world: World,
) -> None:
    """In the order of their cents, whatever the order of the list."""
    listed = tiers(critical=20, depleted=0, warning=50)
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=listed)
    await ada.spend(105)
    sent = await ada.recent()

    assert await ada.rung() == ["balance:warning:1", "balance:critical:1", "balance:depleted:1"]
    assert [one["payload"]["thresholdCents"] for one in sent] == [50, 20, 0]
    assert {one["payload"]["balanceCents"] for one in sent} == {-5}
    assert len({one["firedAt"] for one in sent}) == 1


async def test_with_the_master_off_nothing_fires_and_nothing_disarms(world: World) -> None:
    """Switched on with the condition already true, it fires at the next charge."""
    ada = await world.ada(cents=100, lowBalanceTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.set(lowBalanceEnabled=True)
    assert await ada.rung() == []

    await ada.spend(1)
    assert await ada.rung() == ["balance:warning:1"]


async def test_switched_off_and_on_again_a_fired_tier_stays_fired(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.set(lowBalanceEnabled=False)
    await ada.spend(1)
    await ada.set(lowBalanceEnabled=True)
    await ada.spend(1)

    assert await ada.rung() == ["balance:warning:1"]


async def test_changed_cents_are_a_new_threshold_armed_anew(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.set(lowBalanceTiers=tiers(warning=45))
    assert await ada.rung() == ["balance:warning:1"]

    await ada.spend(1)
    assert await ada.rung() == ["balance:warning:1", "balance:warning:2"]


async def test_a_tier_that_was_taken_away_and_comes_back_is_armed(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, depleted=0))
    await ada.spend(60)
    await ada.set(lowBalanceTiers=tiers(depleted=0))
    await ada.set(lowBalanceTiers=tiers(warning=50, depleted=0))
    await ada.spend(1)

    assert await ada.rung() == ["balance:warning:1", "balance:warning:2"]


async def test_the_same_tiers_sent_again_change_nothing(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, depleted=0))
    await ada.spend(60)
    await ada.set(lowBalanceTiers=tiers(depleted=0, warning=50))
    await ada.spend(1)

    assert await ada.rung() == ["balance:warning:1"]


async def test_tiers_may_be_extra_bands_of_any_name_up_to_ten(world: World) -> None:
    bands = tiers(**{f"band_{n}": 10 * n for n in range(10)})
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=bands)
    await ada.spend(100)

    assert await ada.rung() == [f"balance:band_{n}:1" for n in range(9, -1, -1)]


async def test_two_tiers_of_the_same_cents_both_fire(world: World) -> None:
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50, critical=50))
    await ada.spend(50)

    assert await ada.rung() == ["balance:warning:1", "balance:critical:1"]


async def test_low_balance_stays_at_the_account_level(world: World) -> None:
    """Every workspace, and a charge of none, draws on the same balance."""
    ada = await world.ada(cents=100, **LOW, lowBalanceTiers=tiers(warning=50))
    await ada.workspace("paris")
    await ada.spend(20, "default")
    await ada.spend(20, "paris")
    await ada.spend(10, None)
    (sent,) = await ada.recent()

    assert (sent["kind"], sent["workspaceId"]) == ("low_balance", None)
