"""Beyond the guide: how tiers stand, why one rang, and what other rules would have sent."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

from prepaid.domain.instants import DAY, HOUR, MINUTE, iso_micros
from prepaid.store.vault import Connection
from tests.acceptance.notified import (
    BASE,
    EACH,
    LOW,
    START,
    WHOLE,
    Told,
    World,
    opened_world,
    tiers,
)
from tests.kit.door import code, exact


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def test_state_shows_each_tier_its_distance_and_its_crossings(world: World) -> None:
    ada = await world.ada(100, **LOW, **WHOLE, lowBalanceTiers=tiers(warning=50, critical=20))
    await ada.set(globalHighUsageTiers=tiers(warning=50, critical=100))
    await ada.spend(60.5)
    state = await ada.state()

    assert state["now"].startswith("2026-04-14T10:23:45.000")
    fired = "2026-04-14T10:23:45.000Z"
    assert state["lowBalance"] == {
        "workspaceId": None,
        "workspace": None,
        "enabled": True,
        "periodMinutes": None,
        "valueCents": Decimal("39.5"),
        "tiers": [
            standing("warning", 50, fired, 0, 1),
            standing("critical", 20, None, Decimal("19.5"), 0),
        ],
    }
    assert state["globalHighUsage"]["tiers"] == [
        standing("warning", 50, fired, 0, 1),
        standing("critical", 100, None, Decimal("39.5"), 0),
    ]
    (default,) = state["highUsage"]
    assert (default["workspace"], default["enabled"], default["periodMinutes"]) == (
        "default",
        False,
        1440,
    )
    assert default["tiers"] == [standing("warning", 100_000, None, Decimal("99939.5"), 0)]


def standing(tier: str, cents: int, fired: str | None, distance: object, times: int) -> Any:
    return {
        "tier": tier,
        "cents": cents,
        "armed": fired is None,
        "firedAt": fired,
        "distanceCents": distance,
        "crossings": times,
    }


async def test_state_is_as_the_next_request_would_find_it(world: World) -> None:
    """Time that passed, holds that are due and cool-downs that ended are counted in."""
    ada = await world.ada(100, **LOW, **WHOLE, lowBalanceTiers=tiers(warning=50))
    await ada.set(globalHighUsageTiers=tiers(warning=50))
    await ada.hold(60, ttlSeconds=60)

    def told(state: Any) -> list[object]:
        found: list[object] = []
        for scope in ("lowBalance", "globalHighUsage"):
            found += [state[scope]["valueCents"], state[scope]["tiers"][0]["armed"]]
        return found

    assert told(await ada.state()) == [40, False, 60, False]
    await ada.later(2)
    assert told(await ada.state()) == [100, False, 0, False]
    await ada.later(58)
    assert told(await ada.state()) == [100, True, 0, True]
    assert await ada.rung() == ["balance:warning:1", "global:warning:1"]


async def test_explain_names_the_charge_and_the_sums_around_it(world: World) -> None:
    ada = await world.ada(100, **LOW, **WHOLE, lowBalanceTiers=tiers(warning=50))
    await ada.set(globalHighUsageTiers=tiers(warning=60))
    await ada.spend(45)
    guilty = await ada.hold(15.25)
    low, high = await ada.recent()
    shown = [exact(await ada.who.ask("GET", f"{BASE}/{one['id']}/explain")) for one in (low, high)]

    assert [one["notification"] for one in shown] == [low, high]
    assert [one["charge"]["id"] for one in shown] == [guilty["id"]] * 2
    assert (shown[0]["beforeCents"], shown[0]["afterCents"]) == (55, Decimal("39.75"))
    assert (shown[1]["beforeCents"], shown[1]["afterCents"]) == (45, Decimal("60.25"))


async def test_explain_of_a_settle_names_its_charge(world: World) -> None:
    ada = await world.ada(100, **LOW, lowBalanceTiers=tiers(warning=50))
    held = await ada.hold(10)
    await ada.spend(5)
    await ada.end(held, "settle", 60)
    (one,) = await ada.recent()
    shown = exact(await ada.who.ask("GET", f"{BASE}/{one['id']}/explain"))

    assert shown["charge"]["id"] == held["id"]
    assert (shown["beforeCents"], shown["afterCents"]) == (85, 35)


async def test_explain_of_another_accounts_or_of_nothing_is_404(world: World) -> None:
    ada, bob = await world.ada(100, **LOW), await world.ada(100, **LOW)
    await bob.spend(1)
    (theirs,) = await bob.recent()
    for name in (theirs["id"], "ntf_1", "x", theirs["id"][:-2] + "99"):
        refused = await ada.who.ask("GET", f"{BASE}/{name}/explain")

        assert (refused.status_code, code(refused)) == (404, "not_found")


RULES: dict[str, Any] = {
    **LOW,
    **WHOLE,
    **EACH,
    "lowBalanceTiers": tiers(warning=500, critical=300, depleted=0),
    "globalHighUsageTiers": tiers(warning=100, critical=200),
    "highUsagePeriodMinutes": 30,
    "highUsageTiers": tiers(warning=80),
}


async def eventful(ada: Told, world: World) -> None:
    """Five days with everything in them that can ring, or arm again."""
    await ada.workspace("paris")
    for day in range(5):
        for hour in range(4):
            place = "paris" if hour % 2 else "default"
            charge = await ada.spend(50 + 10 * hour, place)
            await ada.later(10)
            held = await ada.hold(60, place, ttlSeconds=300)
            if hour == 1:
                await ada.end(held, "settle", 90)
            if hour == 2:
                await ada.end(held, "release")
            await ada.spend(0.5, None)
            await ada.later(100 if hour == 3 else 15)
            if day == 2:
                await ada.end(charge, "refund", 20)
        past = iso_micros(START - (20 - day) * DAY + HOUR)
        await world.door.import_usage(ada.who, past, credits=1.5)
        recently = iso_micros(START + 10 * MINUTE)
        await world.door.import_usage(ada.who, recently, credits=0.3)
        await ada.grant(450)
        await ada.later(60)


async def test_a_preview_sends_what_the_living_account_really_sent(world: World) -> None:
    """Two accounts live the same; one has the rules from its first day, the other asks later."""
    world.hand.now = START
    living = await world.ada(900, **RULES)
    await eventful(living, world)
    world.hand.now = START
    asking = await world.ada(900)
    await asking.set()
    await asking.set(highUsageEnabled=False)
    await eventful(asking, world)
    sent = [one["payload"] for one in await living.recent(limit=200)]
    answer = await asking.who.ask("POST", f"{BASE}/preview", json=RULES)
    preview = exact(answer)

    assert len(sent) > 20
    assert {one.get("scope") for one in sent} == {None, "global", "workspace"}
    assert [anonymous(one) for one in preview["notifications"]] == [anonymous(one) for one in sent]
    assert await asking.rung() == []
    again = exact(await living.who.ask("POST", f"{BASE}/preview", json={}))
    assert again["notifications"] == sent


def anonymous(payload: Any) -> Any:
    """Without what differs between two accounts."""
    workspace = payload.get("workspaceId")
    return payload | {"accountId": "", "workspaceId": workspace and workspace[-10:]}


async def test_a_preview_looks_back_30_days_and_knows_what_was_spent_before(
    world: World,
) -> None:
    ada = await world.ada(1_000)
    await ada.spend(40)
    await ada.later(30)
    await ada.spend(5)
    await ada.later(30 * 24 * 60 - 20)
    rules = WHOLE | {"globalHighUsageTiers": tiers(warning=50)}
    nothing = exact(await ada.who.ask("POST", f"{BASE}/preview", json=rules))
    assert nothing["since"] == "2026-04-14T10:33:47.000Z"
    assert nothing["until"] == "2026-05-14T10:33:47.000Z"
    assert nothing["notifications"] == []

    rules = WHOLE | {"globalHighUsageTiers": tiers(warning=45)}
    (one,) = exact(await ada.who.ask("POST", f"{BASE}/preview", json=rules))["notifications"]
    assert (one["periodSpendCents"], one["balanceCents"]) == (45, 955)
    assert one["firedAt"] == "2026-04-14T10:53:46.000Z"


async def test_a_preview_is_of_one_moment_however_busy_the_account_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A charge between two looks at the database would be in the history and not in the balance."""
    ada = await world.ada(1_000)
    await ada.spend(400)
    vault = world.door.shop.desk.vault
    read = vault.read

    async def busy(function: Callable[[Connection], Any]) -> Any:
        found = await read(function)
        await ada.spend(10)
        return found

    monkeypatch.setattr(vault, "read", busy)
    rules = LOW | {"lowBalanceTiers": tiers(warning=700)}
    (one,) = exact(await ada.who.ask("POST", f"{BASE}/preview", json=rules))["notifications"]

    assert one["balanceCents"] == 600


async def test_a_preview_takes_only_what_a_patch_takes_and_changes_nothing(world: World) -> None:
    ada = await world.ada(100, **LOW)
    before = (await ada.who.ask("GET", f"{BASE}/config")).content
    refused = await ada.who.ask("POST", f"{BASE}/preview", json={"highUsagePeriodMinutes": 4})
    taken = await ada.who.ask("POST", f"{BASE}/preview", json={"lowBalanceEnabled": False})

    assert (refused.status_code, taken.status_code) == (400, 200)
    assert (await ada.who.ask("GET", f"{BASE}/config")).content == before
