"""Which charges a spend limit refuses, to the credit and to the microsecond."""

from datetime import UTC, datetime

import pytest

from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, from_datetime, iso_millis_from
from tests.acceptance.notified import START, World
from tests.kit.door import CHARGES
from tests.limits.limited import ask, facts, limited, listed, monthly, put, rolling


@pytest.mark.parametrize("limit", [rolling(100), monthly(100)])
async def test_what_reaches_the_limit_passes_and_what_would_pass_it_does_not(
    world: World, limit: object
) -> None:
    """The limit is hard: no micro-credit beyond it, and none short of it."""
    ada = await limited(world, limit)
    await ada.spend(60)
    await ada.hold(39.9999)

    assert (await ask(ada, 0.0002)).status_code == 402
    assert (await ask(ada, 0.0001)).status_code == 201
    assert facts(await ask(ada, 0.0001))[:2] == ("100", "100")


async def test_there_is_room_at_the_very_moment_a_refusal_says(world: World) -> None:
    """Enough has left then, and one microsecond earlier it has not."""
    ada = await limited(world, rolling(100))
    world.hand.now = first = START + 5 * MINUTE
    await ada.spend(30)
    world.hand.now += 7 * MINUTE + 1
    second = world.hand.now
    await ada.spend(30)
    world.hand.now += 7 * MINUTE
    await ada.spend(40)

    assert facts(await ask(ada, 30)) == ("100", "100", iso_millis_from(first + HOUR))
    assert facts(await ask(ada, 31))[2] == iso_millis_from(second + HOUR)
    world.hand.now = first + HOUR - 1
    assert (await ask(ada, 30)).status_code == 402
    world.hand.now = first + HOUR
    assert (await ask(ada, 31)).status_code == 402
    assert (await ask(ada, 30)).status_code == 201


async def test_a_monthly_limit_begins_anew_with_the_month(world: World) -> None:
    """By UTC: what is charged in its last microsecond counts for the old month."""
    ada = await limited(world, monthly(100))
    may = from_datetime(datetime(2026, 5, 1, tzinfo=UTC))
    world.hand.now = may - 10
    await ada.spend(100)

    assert facts(await ask(ada, 1)) == ("100", "100", "2026-05-01T00:00:00.000Z")
    world.hand.now = may - 1
    assert (await ask(ada, 1)).status_code == 402
    world.hand.now = may
    assert (await ask(ada, 100)).status_code == 201
    assert facts(await ask(ada, 1))[2] == "2026-06-01T00:00:00.000Z"


async def test_a_charge_above_the_whole_limit_never_passes(world: World) -> None:
    ada = await limited(world, rolling(100))

    assert facts(await ask(ada, 100.5)) == ("100", "0", "never")
    assert (await ask(ada, 100)).status_code == 201


async def test_a_limit_of_nothing_lets_only_free_charges_pass(world: World) -> None:
    ada = await limited(world, rolling(0))

    assert (await ask(ada, 0.0001)).status_code == 402
    assert (await ask(ada, 0)).status_code == 201
    assert (await listed(ada))["limitReached"] is True


async def test_only_the_workspace_itself_is_limited(world: World) -> None:
    """Neither other workspaces nor the account-wide bucket, which has no limit."""
    ada = await limited(world, rolling(10))
    await ada.workspace("other")
    await ada.spend(500, "other")
    await ada.spend(500, None)
    await ada.spend(10)

    assert (await ask(ada, 1)).status_code == 402


async def test_work_that_is_done_is_never_refused(world: World) -> None:
    """Settles and imports count, though they may pass the limit; a refund makes room."""
    ada = await limited(world, rolling(100))
    held = await ada.hold(50)
    await ada.end(held, "settle", 150)
    at = iso_millis_from(world.hand.now - 30 * MINUTE)
    imported = await world.door.import_usage(ada.who, at, credits=1)

    assert imported["status"] == 201, imported
    assert facts(await ask(ada, 1))[:2] == ("100", "250")
    await ada.end(held, "refund", 150)
    await ada.end(imported["body"], "refund", 100)
    assert (await ask(ada, 1)).status_code == 201
    assert (await ask(ada, 100)).status_code == 402


async def test_holds_count_until_they_are_released_or_expire(world: World) -> None:
    ada = await limited(world, rolling(100))
    first = await ada.hold(60)
    await ada.hold(40, ttlSeconds=60)

    assert (await ask(ada, 1)).status_code == 402
    await ada.end(first, "release")
    await ada.spend(60)
    assert (await ask(ada, 1)).status_code == 402
    world.hand.now += MINUTE + SECOND
    assert (await ask(ada, 40)).status_code == 201


async def test_a_hold_that_expired_unseen_and_left_the_window_is_taken_off_once(
    world: World,
) -> None:
    """Both happen in the batch that comes next, whose changes are not stored yet."""
    ada = await limited(world, rolling(100, 5))
    await ada.hold(50, ttlSeconds=60)
    world.hand.now += 30 * SECOND
    await ada.spend(50)
    world.hand.now += 4 * MINUTE + 40 * SECOND

    assert facts(await ask(ada, 51))[:2] == ("100", "50")
    assert (await ask(ada, 50)).status_code == 201


async def test_credit_does_not_lift_a_limit(world: World) -> None:
    """A workspace may not spend everyone's credit, however much there is."""
    ada = await limited(world, rolling(100))
    await ada.spend(100)
    await ada.grant(1_000_000)

    assert (await ask(ada, 1)).status_code == 402


async def test_without_credit_the_answer_is_the_one_about_credit(world: World) -> None:
    """Both refuse; nobody is told of a limit that was not what kept the charge from passing."""
    ada = await limited(world, rolling(5), cents=10)
    await ada.spend(10, None)
    refused = await ask(ada, 6)

    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_funds")
    assert await ada.recent() == []


async def test_what_was_spent_before_counts_when_a_limit_is_set_or_changed(world: World) -> None:
    """Exactly, over the new period: a limit is no counter that begins at nothing."""
    ada = await limited(world, None)
    await ada.spend(70)
    world.hand.now += 2 * HOUR
    await ada.spend(30)

    assert (await put(ada, rolling(100)))["spendInPeriodCents"] == 30
    assert (await ask(ada, 71)).status_code == 402
    assert (await put(ada, rolling(100, 180)))["spendInPeriodCents"] == 100
    assert facts(await ask(ada, 1))[:2] == ("100", "100")
    assert (await put(ada, monthly(101)))["spendInPeriodCents"] == 100
    assert (await ask(ada, 1)).status_code == 201
    assert (await ask(ada, 1)).status_code == 402
    assert (await put(ada, None))["spendLimit"] is None
    assert (await ask(ada, 1_000)).status_code == 201
    assert (await put(ada, rolling(1_000)))["spendInPeriodCents"] == 1_031


async def test_an_archived_workspace_leaves_its_limit_behind(world: World) -> None:
    """Its open holds finish; a new workspace of the name begins without a limit."""
    ada = await limited(world, None)
    await ada.workspace("acme")
    await put(ada, rolling(50), "acme")
    held = await ada.hold(50, "acme")
    gone = await ada.who.ask("DELETE", "/v2/workspaces/acme")
    await ada.end(held, "settle", 80)
    await ada.workspace("acme")

    assert gone.status_code == 200
    assert (await ask(ada, 500, "acme")).status_code == 201


async def test_a_refused_key_may_succeed_later_and_a_used_one_is_answered_again(
    world: World,
) -> None:
    """Refusals are not stored; an answer is repeated even while the limit is reached."""
    ada = await limited(world, rolling(100))
    paid = await ask(ada, 100, key="paid")

    assert (await ask(ada, 10, key="later")).status_code == 402
    again = await ask(ada, 100, key="paid")
    assert (again.content, again.headers["idempotent-replayed"]) == (paid.content, "true")
    world.hand.now += HOUR + SECOND
    assert (await ask(ada, 10, key="later")).status_code == 201


async def test_each_item_of_a_batch_is_judged_by_itself(world: World) -> None:
    ada = await limited(world, rolling(100))
    items = [
        {"accountId": ada.who.id, "sku": "report", "credits": credits, "settle": True}
        for credits in (0.6, 0.5, 0.4, 0.0001, 0)
    ]
    answer = await world.door.operator("POST", CHARGES + "/batch", {"charges": items})

    assert [one["status"] for one in answer.json()["results"]] == [201, 402, 201, 402, 201]
    assert (await listed(ada))["spendInPeriodCents"] == 100


async def test_room_is_found_behind_many_rows_and_many_hours(world: World) -> None:
    """Whole hours are skipped by their sums, rows are read a few at a time: still exact."""
    ada = await limited(world, rolling(2_000, 43_200))
    times = []
    for hour in range(40):
        for _ in range(8):
            world.hand.now += MINUTE
            times.append(world.hand.now)
            await ada.spend(5)
        world.hand.now += (1 + hour % 3) * HOUR

    for cents, row in ((401, 0), (405, 0), (406, 1), (1_000, 119), (2_000, 319)):
        frees_at = times[row] + 30 * DAY
        assert facts(await ask(ada, cents)) == ("2000", "1600", iso_millis_from(frees_at))
