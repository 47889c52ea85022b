"""The guide's statements on the configuration API of an account."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.acceptance.notified import CONFIG, LOW, Told, World, opened_world, tiers
from tests.kit.door import code, fields

#: As the guide prints it, down to the order of the keys.
DEFAULTS = """
{
  "lowBalanceEnabled": false,
  "lowBalanceEmailEnabled": true,
  "lowBalanceWebhookEnabled": true,
  "lowBalanceTiers": [
    { "tier": "warning", "cents": 100000 }
  ],
  "globalHighUsageEnabled": false,
  "globalHighUsageEmailEnabled": true,
  "globalHighUsageWebhookEnabled": true,
  "globalHighUsagePeriodMinutes": 1440,
  "globalHighUsageTiers": [
    { "tier": "warning", "cents": 100000 }
  ],
  "highUsageEnabled": false,
  "highUsageEmailEnabled": true,
  "highUsageWebhookEnabled": true,
  "highUsagePeriodMinutes": 1440,
  "highUsageTiers": [
    { "tier": "warning", "cents": 100000 }
  ],
  "autoTopupNotificationsEnabled": false,
  "autoTopupEmailEnabled": true,
  "autoTopupWebhookEnabled": true
}
"""
EVERY = json.loads(DEFAULTS)
BOOLEANS = [name for name, value in EVERY.items() if isinstance(value, bool)]
PERIODS = [name for name in EVERY if name.endswith("Minutes")]
LISTS = {"lowBalanceTiers": 10, "globalHighUsageTiers": 5, "highUsageTiers": 5}
LATER = 30_000


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[World]:
    async with opened_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def read(ada: Told) -> bytes:
    answer = await ada.who.ask("GET", CONFIG)
    assert answer.status_code == 200
    return answer.content


async def test_a_brand_new_account_sees_every_master_false_and_every_channel_true(
    both: World,
) -> None:
    """Byte for byte as the guide's JSON, white space aside."""
    ada = await both.ada(0)

    assert await read(ada) == json.dumps(EVERY, separators=(",", ":")).encode()


async def test_you_always_receive_a_complete_shape(both: World) -> None:
    """PATCH answers what GET then answers: all 17 fields, in the guide's order."""
    ada = await both.ada(0)
    patched = await ada.set(lowBalanceEmailEnabled=False)

    assert list(patched) == list(EVERY)
    assert patched == EVERY | {"lowBalanceEmailEnabled": False}
    assert json.loads(await read(ada)) == patched


async def test_every_field_can_be_changed_by_itself_and_touches_nothing_else(
    both: World,
) -> None:
    ada = await both.ada(0)
    expected = dict(EVERY)
    values: dict[str, object] = {name: not EVERY[name] for name in BOOLEANS}
    values |= dict.fromkeys(PERIODS, LATER)
    values |= {name: tiers(critical=5, warning=50, own_band_7=0) for name in LISTS}
    assert len(values) == 17
    for name, value in values.items():
        expected[name] = value
        assert await ada.set(**{name: value}) == expected
    assert json.loads(await read(ada)) == expected


async def test_the_guides_own_patch_is_taken_and_its_tier_order_is_kept(both: World) -> None:
    ada = await both.ada(0)
    sent = {
        "lowBalanceTiers": tiers(warning=10_000, critical=2_000, depleted=0),
        "highUsagePeriodMinutes": 120,
        "highUsageTiers": tiers(critical=50_000, warning=10_000),
        "lowBalanceEmailEnabled": False,
    }
    await ada.set(**sent)

    assert json.loads(await read(ada)) == EVERY | sent


async def test_any_field_you_omit_keeps_its_persisted_value(world: World) -> None:
    ada = await world.ada(0, **LOW, lowBalanceTiers=tiers(critical=1))
    await ada.set(highUsagePeriodMinutes=60)
    kept = await ada.set()

    assert kept == EVERY | LOW | {
        "lowBalanceTiers": tiers(critical=1),
        "highUsagePeriodMinutes": 60,
    }


async def test_an_account_sees_only_its_own_configuration(world: World) -> None:
    ada, bob = await world.ada(0), await world.ada(0)
    await ada.set(lowBalanceEnabled=True)

    assert json.loads(await read(bob)) == EVERY


async def refuses(ada: Told, body: object, field: str) -> None:
    before = await read(ada)
    refused = await ada.who.ask("PATCH", CONFIG, json=body)

    assert (refused.status_code, code(refused)) == (400, "invalid_request"), body
    assert fields(refused) == [field], body
    assert await read(ada) == before


async def test_wrong_types_and_null_are_refused_naming_the_field(world: World) -> None:
    ada = await world.ada(0)
    for name in EVERY:
        wrong: list[object] = [None, "true", {}]
        wrong += [1, 0, []] if name in BOOLEANS else [True]
        for value in wrong:
            await refuses(ada, {name: value}, name)


async def test_periods_are_whole_minutes_from_5_to_43200(world: World) -> None:
    ada = await world.ada(0)
    for name in PERIODS:
        for value in (4, 43_201, 0, -5, 7.5, 10**30):
            await refuses(ada, {name: value}, name)
        for value in (5, 43_200):
            assert (await ada.set(**{name: value}))[name] == value


async def test_lists_have_1_to_10_or_1_to_5_tiers(world: World) -> None:
    ada = await world.ada(0)
    for name, most in LISTS.items():
        bands = [{"tier": f"t{n}", "cents": n} for n in range(most + 1)]
        await refuses(ada, {name: []}, name)
        await refuses(ada, {name: bands}, name)
        assert (await ada.set(**{name: bands[:most]}))[name] == bands[:most]


async def test_tier_names_must_be_unique(world: World) -> None:
    ada = await world.ada(0)
    for name in LISTS:
        twice = [*tiers(warning=5, critical=3), *tiers(warning=4)]
        await refuses(ada, {name: twice}, f"{name}[2].tier")


async def test_tier_names_are_short_and_plain(world: World) -> None:
    ada = await world.ada(0)
    for name in ("", "Warning", "1st", "_a", "a-b", "a b", "é", "a\n", "a" * 33, None, 7):
        body = {"lowBalanceTiers": [{"tier": name, "cents": 1}]}
        await refuses(ada, body, "lowBalanceTiers[0].tier")
    longest = "a" * 32
    assert await ada.set(lowBalanceTiers=tiers(**{longest: 1, "a_9": 0}))


async def test_cents_are_whole_and_not_negative(world: World) -> None:
    ada = await world.ada(0)
    for cents in (-1, 0.5, "10", None, True, 10**30):
        listed = [*tiers(warning=5), {"tier": "critical", "cents": cents}]
        for name in LISTS:
            await refuses(ada, {name: listed}, f"{name}[1].cents")


async def test_a_tier_needs_its_two_fields_and_no_other(world: World) -> None:
    ada = await world.ada(0)
    name = "globalHighUsageTiers"
    await refuses(ada, {name: [{"tier": "warning"}]}, f"{name}[0].cents")
    await refuses(ada, {name: [{"cents": 1}]}, f"{name}[0].tier")
    await refuses(ada, {name: [{"tier": "a", "cents": 1, "more": 1}]}, f"{name}[0].more")
    await refuses(ada, {name: ["warning"]}, f"{name}[0]")


async def test_unknown_fields_are_refused(world: World) -> None:
    ada = await world.ada(0)
    for name in ("lowBalanceenabled", "low_balance_enabled", "autoTopupEnabled", "x"):
        await refuses(ada, {name: True}, name)


async def test_nothing_of_a_bad_patch_is_applied(world: World) -> None:
    """All or nothing, wherever in the body the mistake is."""
    ada = await world.ada(0)
    await refuses(
        ada,
        {"lowBalanceEnabled": True, "highUsagePeriodMinutes": 60, "autoTopupEmailEnabled": None},
        "autoTopupEmailEnabled",
    )
    await refuses(
        ada,
        {
            "highUsageTiers": [*tiers(warning=1), *tiers(warning=2)],
            "highUsageEnabled": True,
        },
        "highUsageTiers[1].tier",
    )


async def test_a_body_that_is_no_object_is_refused(world: World) -> None:
    ada = await world.ada(0)
    for text in (b"[]", b"null", b"{", b'"a"', b"\xff"):
        headers = {"x-api-key": ada.who.key, "content-type": "application/json"}
        refused = await world.door.client.patch(CONFIG, content=text, headers=headers)

        assert (refused.status_code, code(refused)) == (400, "invalid_request"), text


async def test_a_reading_key_reads_and_does_not_change(world: World) -> None:
    ada = await world.ada(0)
    reader = await world.door.with_key(ada.who, "read")
    read_ = await reader.ask("GET", CONFIG)
    refused = await reader.ask("PATCH", CONFIG, json=LOW)

    assert (read_.status_code, refused.status_code) == (200, 403)
    assert read_.json() == EVERY
