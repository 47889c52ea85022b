"""The guide's statements on the list of what was sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.acceptance.notified import EACH, LOW, RECENT, WHOLE, Told, World, opened_world, tiers
from tests.kit.door import code, fields

ALL = LOW | WHOLE | EACH


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made


async def listed(ada: Told, **filters: object) -> httpx.Response:
    answer = await ada.who.ask("GET", RECENT, params=filters)
    assert answer.status_code == 200, answer.text
    return answer


async def test_each_row_has_the_kind_identifier_payload_and_delivery_flags(world: World) -> None:
    """Exactly the fields of the reference, in its order."""
    ada = await world.ada(100, **ALL, highUsageTiers=tiers(warning=1))
    paris = await ada.workspace("paris")
    await ada.spend(10, "paris")
    low, high = await ada.recent()

    assert list(low) == [
        "id",
        "kind",
        "identifier",
        "accountId",
        "workspaceId",
        "dedupKey",
        "firedAt",
        "payload",
        "emailSent",
        "webhookSent",
    ]
    assert low["id"].startswith("ntf_")
    assert (low["kind"], low["identifier"], low["workspaceId"]) == ("low_balance", "warning", None)
    assert (high["kind"], high["workspaceId"]) == ("high_usage", paris)
    assert low["accountId"] == high["accountId"] == ada.who.id
    assert (low["emailSent"], low["webhookSent"]) == (False, False)


async def test_with_both_channels_off_the_event_stays_visible_in_recent(world: World) -> None:
    """Without dispatching e-mail or webhook: see the flows' tests for what is delivered."""
    ada = await world.ada(100, **LOW, lowBalanceEmailEnabled=False, lowBalanceWebhookEnabled=False)
    await ada.spend(1)
    (sent,) = await ada.recent()

    assert (sent["emailSent"], sent["webhookSent"]) == (False, False)


async def twelve(world: World) -> tuple[Told, list[Any]]:
    """An account that was told twelve times, in three ways; newest first."""
    bands = tiers(**{f"b{n}": 10 * n for n in range(10)})
    ada = await world.ada(100, **LOW, lowBalanceTiers=bands)
    await ada.spend(100)
    await ada.set(**WHOLE, globalHighUsageTiers=tiers(warning=1))
    await ada.set(**EACH, highUsageTiers=tiers(warning=1))
    await ada.grant(1_000)
    await ada.spend(1)
    return ada, (await listed(ada)).json()


async def test_recent_is_ordered_newest_first(world: World) -> None:
    _, rows = await twelve(world)

    assert [row["identifier"] for row in rows[2:]] == [f"b{n}" for n in range(10)]
    assert [row["payload"].get("scope") for row in rows[:3]] == ["workspace", "global", None]
    assert len({row["id"] for row in rows}) == 12


async def test_limit_is_1_to_200_and_after_goes_on(world: World) -> None:
    ada, rows = await twelve(world)
    found: list[Any] = []
    for limit in (1, 5, 200, 1):
        after = {"after": found[-1]["id"]} if found else {}
        found += (await listed(ada, limit=limit, **after)).json()

    assert found == rows


async def test_a_kind_or_a_workspace_can_be_asked_for(world: World) -> None:
    ada, rows = await twelve(world)
    default = rows[0]["workspaceId"]

    assert (await listed(ada, kind="low_balance")).json() == rows[2:]
    assert (await listed(ada, kind="high_usage", limit=1)).json() == rows[:1]
    assert (await listed(ada, kind="auto_topup")).json() == []
    for name in ("default", default):
        assert (await listed(ada, workspace=name)).json() == rows[:1]
    assert (await listed(ada, workspace="default", kind="low_balance")).json() == []


async def test_every_workspace_that_had_the_name_is_meant(world: World) -> None:
    """What an archived workspace was told stays in the history."""
    ada = await world.ada(100, **EACH, highUsageTiers=tiers(warning=1))
    ids = []
    for _ in range(2):
        ids.append(await ada.workspace("paris"))
        await ada.spend(1, "paris")
        await ada.who.ask("DELETE", "/v2/workspaces/paris")
    by_name = await ada.recent(workspace="paris")
    by_id = await ada.recent(workspace=ids[0])

    assert [one["workspaceId"] for one in by_name] == ids
    assert [one["workspaceId"] for one in by_id] == ids[:1]


async def test_the_default_limit_is_50(world: World) -> None:
    ada = await world.ada(101, **LOW, lowBalanceTiers=tiers(warning=100))
    for _ in range(51):
        await ada.spend(1)
        await ada.grant(1)
    rows = (await listed(ada)).json()

    assert len(rows) == 50
    assert len((await listed(ada, limit=200)).json()) == 51
    assert rows[0]["dedupKey"].endswith(":51")


async def test_a_wrong_question_is_refused_naming_the_parameter(world: World) -> None:
    ada, bob = await world.ada(100, **LOW), await world.ada(100, **LOW)
    await bob.spend(1)
    (theirs,) = await bob.recent()
    for name, value in (
        ("limit", 0),
        ("limit", 201),
        ("limit", "x"),
        ("limit", 1.5),
        ("kind", "low"),
        ("after", "x"),
        ("after", theirs["id"]),
        ("workspace", "nowhere"),
        ("workspace", ""),
        ("more", 1),
    ):
        refused = await ada.who.ask("GET", RECENT, params={name: value})

        expected = "workspace_not_found" if name == "workspace" else "invalid_request"
        assert (refused.status_code, code(refused)) == (400, expected), (name, value)
        assert fields(refused) == [name]


async def test_an_account_is_shown_only_its_own(world: World) -> None:
    ada, bob = await world.ada(100, **LOW), await world.ada(100, **LOW)
    await ada.spend(1)

    assert json.loads((await listed(bob)).content) == []
