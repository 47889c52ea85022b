"""The guide's statements on workspace overrides."""

from collections.abc import AsyncIterator

import pytest

from prepaid.domain.instants import SECOND
from tests.acceptance.notified import EACH, WHOLE, World, opened_world, place, tiers
from tests.kit.door import code, fields

FIELDS = [
    "highUsageEnabled",
    "highUsageEmailEnabled",
    "highUsageWebhookEnabled",
    "highUsagePeriodMinutes",
    "highUsageTiers",
]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def test_get_returns_both_the_resolved_account_config_and_the_raw_override_row(
    world: World,
) -> None:
    ada = await world.ada(0, highUsagePeriodMinutes=60)
    before = (await ada.who.ask("GET", place("default"))).json()
    row = await ada.override("default", highUsagePeriodMinutes=30)
    after = (await ada.who.ask("GET", place("default"))).json()

    assert list(before) == ["accountConfig", "workspaceOverride"]
    assert before["workspaceOverride"] is None
    assert before["accountConfig"]["highUsagePeriodMinutes"] == 60
    assert after == {"accountConfig": before["accountConfig"], "workspaceOverride": row}


async def test_the_override_row_has_ids_times_and_five_nullable_fields(world: World) -> None:
    ada = await world.ada(0)
    paris = await ada.workspace("paris")
    row = await ada.override("paris", highUsageTiers=tiers(critical=9, warning=5))

    assert list(row) == ["id", "workspaceId", "createdAt", "updatedAt", *FIELDS]
    assert row["id"].startswith("ovr_")
    assert row["workspaceId"] == paris
    assert row["createdAt"] == row["updatedAt"] == "2026-04-14T10:23:45.000Z"
    assert [row[name] for name in FIELDS] == [None] * 4 + [tiers(critical=9, warning=5)]


async def test_patch_upserts_and_what_is_omitted_keeps(world: World) -> None:
    ada = await world.ada(0)
    first = await ada.override("default", highUsageEnabled=True, highUsagePeriodMinutes=5)
    world.hand.now += SECOND
    second = await ada.override("default", highUsageEmailEnabled=False)

    assert second["id"] == first["id"]
    assert second["createdAt"] == first["createdAt"] < second["updatedAt"]
    assert [second[name] for name in FIELDS] == [True, False, None, 5, None]


async def test_any_null_field_falls_back_to_the_account_config(world: World) -> None:
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    await ada.override("default", highUsageTiers=tiers(warning=500), highUsageEnabled=False)
    await ada.spend(60)
    row = await ada.override("default", highUsageTiers=None, highUsageEnabled=None)
    assert [row[name] for name in FIELDS] == [None] * 5
    assert await ada.rung() == []

    await ada.spend(1)
    assert await ada.rung() == ["workspace:warning:1"]


async def test_a_workspace_with_a_much_higher_floor_does_not_page_you(world: World) -> None:
    """Everything else stays at the account defaults, and so do the other workspaces."""
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    batch, other = await ada.workspace("batch"), await ada.workspace("other")
    await ada.override("batch", highUsageTiers=tiers(critical=500, warning=100))
    await ada.spend(99, "batch")
    await ada.spend(50, "other")
    assert [one["workspaceId"] for one in await ada.recent()] == [other]

    await ada.spend(1, "batch")
    sent = (await ada.recent())[1]["payload"]
    assert (sent["workspaceId"], sent["thresholdCents"], sent["periodMinutes"]) == (batch, 100, 60)


async def test_an_override_has_its_own_period(world: World) -> None:
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    await ada.override("default", highUsagePeriodMinutes=5)
    await ada.spend(30)
    await ada.later(6)
    await ada.spend(49)
    assert await ada.rung() == []

    await ada.spend(1)
    (sent,) = await ada.recent()
    assert (sent["payload"]["periodMinutes"], sent["payload"]["periodSpendCents"]) == (5, 50)


async def test_disabling_a_workspace_does_not_silence_the_global_pass(world: World) -> None:
    """Nor the other workspaces."""
    ada = await world.ada(
        **WHOLE, **EACH, globalHighUsageTiers=tiers(warning=50), highUsageTiers=tiers(warning=50)
    )
    await ada.workspace("paris")
    await ada.override("default", highUsageEnabled=False)
    await ada.spend(50)
    assert await ada.rung() == ["global:warning:1"]

    await ada.spend(50, "paris")
    assert await ada.rung() == ["global:warning:1", "workspace:warning:1"]


async def test_one_workspace_can_be_told_while_the_account_default_is_off(world: World) -> None:
    ada = await world.ada(highUsageTiers=tiers(warning=50))
    paris = await ada.workspace("paris")
    await ada.override("paris", highUsageEnabled=True)
    await ada.spend(50)
    await ada.spend(50, "paris")

    assert [one["workspaceId"] for one in await ada.recent()] == [paris]


async def test_delete_removes_the_override_and_repeating_it_changes_nothing(
    world: World,
) -> None:
    """The workspace then inherits everything."""
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    await ada.override("default", highUsageTiers=tiers(warning=500))
    await ada.spend(60)
    answers = [await ada.who.ask("DELETE", place("default")) for _ in range(3)]
    view = (await ada.who.ask("GET", place("default"))).json()
    assert [(one.status_code, one.json()) for one in answers] == [(200, {"ok": True})] * 3
    assert view["workspaceOverride"] is None
    assert await ada.rung() == []

    await ada.spend(1)
    assert await ada.rung() == ["workspace:warning:1"]


async def test_a_workspace_is_named_by_its_id_or_its_name(world: World) -> None:
    ada = await world.ada(0)
    paris = await ada.workspace("paris")
    by_name = await ada.override("paris", highUsageEnabled=True)
    by_id = await ada.override(paris, highUsageEmailEnabled=False)

    assert by_name["id"] == by_id["id"]
    for name in ("paris", paris):
        view = (await ada.who.ask("GET", place(name))).json()
        assert view["workspaceOverride"] == by_id


async def test_an_id_means_its_workspace_though_another_has_it_as_a_name(world: World) -> None:
    ada = await world.ada(0)
    first = await ada.workspace("first")
    coming = first[:-1] + "4"
    impostor = await ada.workspace(coming)
    meant = await ada.workspace("paris")
    row = await ada.override(coming, highUsageEnabled=True)

    assert meant == coming != impostor
    assert row["workspaceId"] == meant


async def test_unknown_archived_and_other_accounts_workspaces_are_404(world: World) -> None:
    ada, bob = await world.ada(0), await world.ada(0)
    theirs = await bob.workspace("theirs")
    gone = await ada.workspace("gone")
    await ada.override("gone", highUsageEnabled=True)
    await ada.who.ask("DELETE", "/v2/workspaces/gone")
    for name in ("nowhere", theirs, "theirs", gone, "gone", "ws_1", gone[:-1] + "9"):
        for method, body in (
            ("GET", None),
            ("PATCH", {"highUsageEnabled": True}),
            ("DELETE", None),
        ):
            refused = await ada.who.ask(method, place(name), json=body)

            assert (refused.status_code, code(refused)) == (404, "not_found"), (method, name)
    view = (await bob.who.ask("GET", place("theirs"))).json()
    assert view["workspaceOverride"] is None


async def test_wrong_overrides_are_refused_naming_the_field(world: World) -> None:
    ada = await world.ada(0)
    for body, field in (
        ({"highUsageEnabled": "yes"}, "highUsageEnabled"),
        ({"highUsageEmailEnabled": 1}, "highUsageEmailEnabled"),
        ({"highUsagePeriodMinutes": 4}, "highUsagePeriodMinutes"),
        ({"highUsagePeriodMinutes": 43_201}, "highUsagePeriodMinutes"),
        ({"highUsageTiers": []}, "highUsageTiers"),
        ({"highUsageTiers": tiers(a=1, b=1, c=1, d=1, e=1, f=1)}, "highUsageTiers"),
        ({"highUsageTiers": tiers(a=1) * 2}, "highUsageTiers[1].tier"),
        ({"highUsageTiers": tiers(a=-1)}, "highUsageTiers[0].cents"),
        ({"lowBalanceEnabled": True}, "lowBalanceEnabled"),
        ({"globalHighUsageEnabled": True}, "globalHighUsageEnabled"),
        ({"highUsageEnabled": True, "x": 1}, "x"),
    ):
        refused = await ada.who.ask("PATCH", place("default"), json=body)

        assert (refused.status_code, fields(refused)) == (400, [field]), body
    view = (await ada.who.ask("GET", place("default"))).json()
    assert view["workspaceOverride"] is None


async def test_changed_cents_of_an_override_arm_anew_and_its_delete_does_not_fire(
    world: World,
) -> None:
    ada = await world.ada(**EACH, highUsageTiers=tiers(warning=50))
    await ada.spend(60)
    await ada.override("default", highUsageTiers=tiers(warning=55))
    await ada.spend(1)
    await ada.who.ask("DELETE", place("default"))
    assert await ada.rung() == ["workspace:warning:1", "workspace:warning:2"]

    await ada.spend(1)
    assert (await ada.rung())[2:] == ["workspace:warning:3"]
