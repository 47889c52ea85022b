"""Setting a limit, and how lists show it."""

from typing import Any

import pytest

from prepaid.domain.amounts import CENT
from prepaid.domain.ids import parse_account
from prepaid.domain.instants import HOUR, MINUTE, SECOND
from prepaid.flows import limits
from tests.acceptance.notified import START, World
from tests.kit.door import Customer, code, exact, fields
from tests.limits.limited import WORKSPACES, ask, limited, listed, monthly, put, rolling

DEFAULT = f"{WORKSPACES}/default"
PERIOD = "spendLimit.period"


@pytest.mark.parametrize(
    ("limit", "field"),
    [
        ({"cents": 1}, PERIOD),
        ({"cents": 1, "period": "calendar_month", "periodMinutes": 60}, PERIOD),
        ({"cents": 1, "period": "month"}, PERIOD),
        ({"cents": 1, "period": None}, PERIOD),
        ({"cents": 1, "periodMinutes": 4}, "spendLimit.periodMinutes"),
        ({"cents": 1, "periodMinutes": 43_201}, "spendLimit.periodMinutes"),
        ({"cents": 1, "periodMinutes": 60.5}, "spendLimit.periodMinutes"),
        ({"cents": -1, "periodMinutes": 60}, "spendLimit.cents"),
        ({"cents": 0.5, "periodMinutes": 60}, "spendLimit.cents"),
        ({"cents": "1", "periodMinutes": 60}, "spendLimit.cents"),
        ({"cents": None, "periodMinutes": 60}, "spendLimit.cents"),
        ({"cents": 10**15, "periodMinutes": 60}, "spendLimit.cents"),
        ({"periodMinutes": 60}, "spendLimit.cents"),
        ({"cents": 1, "periodMinutes": 60, "hard": True}, "spendLimit.hard"),
        (100, "spendLimit"),
        ([], "spendLimit"),
    ],
)
async def test_a_wrong_limit_is_refused_by_its_field_and_nothing_is_changed(
    world: World, limit: Any, field: str
) -> None:
    ada = await limited(world, rolling(100))
    body = {"legalName": "Another", "spendLimit": limit}
    patched = await ada.who.ask("PATCH", DEFAULT, json=body)
    made = await ada.who.ask("POST", WORKSPACES, json=body | {"name": "new"})

    for answer in (patched, made):
        assert (answer.status_code, code(answer), fields(answer)) == (
            400,
            "invalid_request",
            [field],
        )
    (only,) = exact(await ada.who.ask("GET", WORKSPACES))
    assert (only["legalName"], only["spendLimit"]) == ("Ada", rolling(100))


async def test_a_limit_and_a_legal_name_change_together_or_alone(world: World) -> None:
    ada = await limited(world, rolling(100))
    both = {"legalName": "Ada SAS", "spendLimit": monthly(7)}
    changed = exact(await ada.who.ask("PATCH", DEFAULT, json=both))
    renamed = exact(await ada.who.ask("PATCH", DEFAULT, json={"legalName": "Ada SARL"}))

    assert (changed["legalName"], changed["spendLimit"]) == ("Ada SAS", monthly(7))
    assert (renamed["legalName"], renamed["spendLimit"]) == ("Ada SARL", monthly(7))
    assert await listed(ada) == renamed


async def test_a_workspace_can_be_created_with_its_limit(world: World) -> None:
    ada = await limited(world, None)
    body = {"name": "acme", "legalName": "Acme", "spendLimit": rolling(30)}
    made = await ada.who.ask("POST", WORKSPACES, json=body)

    assert made.status_code == 201
    assert made.json()["spendLimit"] == rolling(30)
    assert made.json()["spendInPeriodCents"] == 0
    assert (await ask(ada, 31, "acme")).status_code == 402


async def test_lists_show_what_was_spent_and_when_there_is_room(world: World) -> None:
    """Also after time alone has passed, without any request in between."""
    ada = await limited(world, rolling(100))
    none = {"spendInPeriodCents": 0, "limitReached": False, "limitFreesAt": None}
    assert (await listed(ada)).items() >= none.items()
    await ada.spend(60)
    assert (await listed(ada)).items() >= (none | {"spendInPeriodCents": 60}).items()
    await ada.hold(40, ttlSeconds=600)
    full = await listed(ada)
    assert full["limitReached"] is True
    assert (full["spendInPeriodCents"], full["limitFreesAt"]) == (100, "2026-04-14T11:23:45.001Z")
    world.hand.now += 601 * SECOND
    assert (await listed(ada)).items() >= (none | {"spendInPeriodCents": 60}).items()
    world.hand.now += HOUR
    assert (await listed(ada)).items() >= none.items()


async def test_a_list_is_whole_though_a_charge_came_after_its_clock_was_read(world: World) -> None:
    """The charge belongs to another hour than the clock."""
    ada = await limited(world, rolling(100))
    world.hand.now = START + 36 * MINUTE + 14 * SECOND  # one second before the hour ends
    read_at = world.hand.now
    await ada.spend(60)
    world.hand.now += 2 * SECOND
    await ada.spend(40)
    await put(ada, rolling(30))
    account = parse_account(ada.who.id) or 0
    (found,) = await limits.at(world.door.shop.desk, account, read_at)

    assert found.standing is not None
    assert (found.standing.spent, found.standing.is_reached) == (100 * CENT, True)
    assert found.standing.frees_at == world.hand.now + HOUR


async def test_many_limited_workspaces_are_listed_with_few_statements(world: World) -> None:
    """Their sums are asked for together; each is its own."""
    ada = await limited(world, monthly(10))
    for number in range(130):
        body = {"name": f"w{number}", "legalName": "W", "spendLimit": rolling(1_000, 5 + number)}
        await ada.who.ask("POST", WORKSPACES, json=body)
        await ada.spend(number, f"w{number}")
    world.hand.now += HOUR + SECOND
    rows = exact(await ada.who.ask("GET", WORKSPACES))

    spent = [row["spendInPeriodCents"] for row in rows]
    assert spent == [0, *(number if 5 + number > 60 else 0 for number in range(130))]


async def test_a_workspace_without_a_limit_has_none_of_its_figures(world: World) -> None:
    ada = await limited(world, rolling(100))
    gone = await put(ada, None)

    assert [gone[name] for name in ("spendLimit", "spendInPeriodCents", "limitFreesAt")] == [
        None
    ] * 3
    assert gone["limitReached"] is False


async def test_a_reading_key_sees_a_limit_and_cannot_change_it(world: World) -> None:
    ada = await limited(world, rolling(100))
    reader: Customer = await world.door.with_key(ada.who, "read")
    patched = await reader.ask("PATCH", DEFAULT, json={"spendLimit": None})

    assert (patched.status_code, code(patched)) == (403, "forbidden")
    assert (await listed(ada))["spendLimit"] == rolling(100)
