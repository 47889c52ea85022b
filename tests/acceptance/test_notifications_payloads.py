"""The guide's statements on payloads and dedup keys: byte for byte, number for number."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.acceptance.notified import EACH, LOW, RECENT, WHOLE, Told, World, opened_world, tiers

ALL = LOW | WHOLE | EACH


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


def compact(text: str) -> bytes:
    """JSON of the guide without its white space; keys and numbers stay as they are written."""
    return "".join(line.strip() for line in text.strip().splitlines()).replace(": ", ":").encode()


async def listed(ada: Told, **filters: object) -> httpx.Response:
    answer = await ada.who.ask("GET", RECENT, params=filters)
    assert answer.status_code == 200, answer.text
    return answer


async def test_low_balance_payload_is_byte_for_byte_the_guides(world: World) -> None:
    ada = await world.ada(10_000, **LOW, lowBalanceTiers=tiers(warning=5_000))
    await ada.spend(5_477)
    example = f"""
        {{
          "type": "billing.low_balance.triggered",
          "version": "1",
          "accountId": "{ada.who.id}",
          "tier": "warning",
          "balanceCents": 4523,
          "thresholdCents": 5000,
          "autoTopupEnabled": false,
          "firedAt": "2026-04-14T10:23:45.000Z"
        }}
    """

    assert b'"payload":' + compact(example) + b"," in (await listed(ada)).content


async def test_per_workspace_payload_is_byte_for_byte_the_guides(world: World) -> None:
    ada = await world.ada(89_300, **EACH, highUsageTiers=tiers(warning=2_000))
    paris = await ada.workspace("paris")
    await ada.spend(2_300, "paris")
    example = f"""
        {{
          "type": "billing.high_usage.triggered",
          "version": "1",
          "accountId": "{ada.who.id}",
          "scope": "workspace",
          "workspaceId": "{paris}",
          "tier": "warning",
          "periodMinutes": 60,
          "periodSpendCents": 2300,
          "thresholdCents": 2000,
          "balanceCents": 87000,
          "firedAt": "2026-04-14T10:23:45.000Z"
        }}
    """

    assert b'"payload":' + compact(example) + b"," in (await listed(ada)).content


async def test_global_payload_is_byte_for_byte_the_guides(world: World) -> None:
    ada = await world.ada(261_000, **WHOLE, globalHighUsageTiers=tiers(critical=50_000))
    await ada.spend(40_000)
    await ada.spend(21_000, None)
    example = f"""
        {{
          "type": "billing.high_usage.triggered",
          "version": "1",
          "accountId": "{ada.who.id}",
          "scope": "global",
          "workspaceId": null,
          "tier": "critical",
          "periodMinutes": 60,
          "periodSpendCents": 61000,
          "thresholdCents": 50000,
          "balanceCents": 200000,
          "firedAt": "2026-04-14T10:23:45.000Z"
        }}
    """

    assert b'"payload":' + compact(example) + b"," in (await listed(ada)).content


async def test_fractions_of_a_cent_are_exact_and_short(world: World) -> None:
    ada = await world.ada(100, **LOW, **WHOLE, lowBalanceTiers=tiers(warning=50, depleted=0))
    await ada.set(globalHighUsageTiers=tiers(warning=50))
    await ada.spend(99.9999)
    await ada.spend(0.1001)
    content = (await listed(ada)).content

    assert b'"balanceCents":0.0001,"thresholdCents":50,' in content
    assert b'"periodSpendCents":99.9999,' in content
    assert b'"balanceCents":-0.1,"thresholdCents":0,' in content


async def test_fired_at_is_cut_to_milliseconds(world: World) -> None:
    """12.345678 s after the hour is `12.345Z`, in the row and in the payload."""
    ada = await world.ada(100, **LOW)
    world.hand.now += 999_999
    await ada.spend(1)
    (sent,) = await ada.recent()

    assert sent["firedAt"] == sent["payload"]["firedAt"] == "2026-04-14T10:23:45.999Z"


async def test_values_are_those_right_after_their_own_charge(world: World) -> None:
    """Not those at the end of the transaction that several charges share."""
    ada = await world.ada(100, **LOW, lowBalanceTiers=tiers(a=90, b=80, c=70))
    batch = [
        {"accountId": ada.who.id, "sku": "report", "credits": 0.11, "settle": True}
        for _ in range(9)
    ]
    await world.door.operator("POST", "/v2/operator/charges/batch", {"charges": batch})

    sent = await ada.recent()
    assert [one["payload"]["balanceCents"] for one in sent] == [89, 78, 67]


async def test_a_dedup_key_names_the_crossing(world: World) -> None:
    """Kind, tier, scope and how many crossings that tier has had; never twice the same."""
    ada = await world.ada(100, **ALL)
    changes: dict[str, Any] = {
        "lowBalanceTiers": tiers(warning=95, critical=85),
        "globalHighUsageTiers": tiers(warning=10),
        "highUsageTiers": tiers(warning=10),
    }
    await ada.set(**changes)
    charge = await ada.spend(10)
    await ada.grant(10)
    await ada.spend(10)
    account, workspace = ada.who.id, charge["workspace"]["id"]

    assert [one["dedupKey"] for one in await ada.recent()] == [
        f"low_balance:warning:{account}:1",
        f"high_usage:warning:{account}:1",
        f"high_usage:warning:{workspace}:1",
        f"low_balance:warning:{account}:2",
    ]


async def test_counts_of_crossings_outlive_a_tier_that_is_taken_away(world: World) -> None:
    """A dedup key is never given twice, though the tier's state was lost."""
    ada = await world.ada(100, **LOW, lowBalanceTiers=tiers(warning=95))
    for _ in range(3):
        await ada.spend(10)
        await ada.set(lowBalanceTiers=tiers(critical=1))
        await ada.set(lowBalanceTiers=tiers(warning=95))

    rung = await ada.rung()
    assert rung == ["balance:warning:1", "balance:warning:2", "balance:warning:3"]
