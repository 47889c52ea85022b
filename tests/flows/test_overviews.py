"""What pages are made of agrees with a recount of the charges, and costs what rollups cost."""

import random

import pytest
from sqlalchemy import event

from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Configure, Reserve
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, HOUR, day_of
from prepaid.domain.spending import SERIES_MAX
from prepaid.domain.usage import Days
from prepaid.flows import overview, workspace_spend, workspaces
from tests.flows.conftest import START
from tests.kit.shop import Shop
from tests.simulation.clocked import Hand

CLIENTS = [f"client-{n}" for n in range(9)]


async def lived(shop: Shop, hand: Hand) -> AccountId:
    """An account with 40 days behind it, in nine workspaces and the account-wide bucket."""
    dice = random.Random(11)
    ada = await shop.account(credits=100_000)
    for name in CLIENTS:
        await workspaces.create(shop.desk, ada, name, f"{name} Ltd")
    for _ in range(40):
        hand.now += DAY
        for _ in range(4):
            place = dice.choice([*CLIENTS, "default", None])
            outcome = await shop.reserve(ada, dice.choice(["report", "page"]), workspace=place)
            await dice.choice([shop.settle, shop.release])(outcome)
    hand.now += HOUR
    await shop.reserve(ada, workspace="client-3")
    return ada


async def recounted(shop: Shop, ada: AccountId, first: int, end: int) -> dict[int, int]:
    """Spend by workspace, from the charges themselves."""
    query = (
        "SELECT workspace, sum(amount) FROM charge"
        f" WHERE account_id = {ada} AND status IN ('held', 'settled')"
        f" AND reserved_at >= {first * DAY} AND reserved_at < {end * DAY}"
        " GROUP BY workspace"
    )
    rows = await shop.desk.vault.read(lambda c: c.exec_driver_sql(query).all())
    return {workspace: int(micros) for workspace, micros in rows}


async def test_spend_is_that_of_the_charges(timed_shop: Shop, hand: Hand) -> None:
    ada = await lived(timed_shop, hand)
    found = await overview.overview(timed_shop.desk, ada)
    today = day_of(hand.now)

    spent = found.spending
    for days, told in ((1, spent.today), (7, spent.week), (30, spent.month)):
        counted = await recounted(timed_shop, ada, today + 1 - days, today + 1)
        assert told == sum(counted.values()) > 0
    by_workspace = await recounted(timed_shop, ada, today - 29, today + 1)
    most = sorted(by_workspace, key=lambda number: (-by_workspace[number], number))[:SERIES_MAX]
    assert [one.workspace for one in spent.series] == [*most, None]
    assert [sum(one.micros) for one in spent.series[:-1]] == [by_workspace[n] for n in most]
    assert found.row.balance == await timed_shop.balance(ada)
    assert {row.name for row in found.names.values()} <= {*CLIENTS, "default"}


async def test_days_left_follow_from_the_last_week(timed_shop: Shop, hand: Hand) -> None:
    """Two credits a day, and half of today is over: 14 in six days and a half."""
    ada = await timed_shop.account(credits=100)
    hand.now += 30 * DAY
    for _ in range(7):
        await timed_shop.reserve(ada, settle=True)
        hand.now += DAY
    hand.now += DAY // 2 - DAY
    found = await overview.overview(timed_shop.desk, ada)

    assert found.spending.week == 14 * CREDIT
    assert found.rate == 14 * CREDIT * 2 // 13
    assert found.days_left == 86 * CREDIT // found.rate == 39


async def test_a_minimum_balance_is_not_there_to_be_spent(timed_shop: Shop, hand: Hand) -> None:
    ada = await timed_shop.account(credits=10)
    hand.now += 30 * DAY
    await timed_shop.reserve(ada, settle=True)
    await timed_shop.desk.vault.write(
        lambda c: c.exec_driver_sql(f"UPDATE account SET floor = {8 * CREDIT} WHERE id = {ada}")
    )
    found = await overview.overview(timed_shop.desk, ada)

    assert found.days_left == 0


async def test_a_new_account_has_an_overview(timed_shop: Shop) -> None:
    ada = await timed_shop.account(credits=0)
    found = await overview.overview(timed_shop.desk, ada)

    assert (found.spending.month, found.days_left, found.names) == (0, None, {})


async def test_tiers_stand_as_the_whole_state_says(timed_shop: Shop, hand: Hand) -> None:
    """The window moves with time, though nothing is charged."""
    ada = await timed_shop.account(credits=1_000)
    await timed_shop.do(Configure(account=ada, changes={"high_usage_enabled": True}))
    await timed_shop.do(Reserve(account=ada, sku="report", credits=7 * CREDIT, settle=True))
    soon = await overview.overview(timed_shop.desk, ada)
    hand.now += 40 * DAY
    later = await overview.overview(timed_shop.desk, ada)

    assert (soon.tiers.everything.value, later.tiers.everything.value) == (7 * CREDIT, 0)
    assert soon.tiers.low_balance.value == 993 * CREDIT
    assert soon.tiers.workspaces == []


async def test_the_sandbox_clock_says_what_today_is(timed_shop: Shop) -> None:
    ada = await timed_shop.account(credits=10)
    await timed_shop.reserve(ada, settle=True)
    await timed_shop.later(ada, 3 * 86_400)
    found = await overview.overview(timed_shop.desk, ada)

    assert (found.spending.today, found.spending.week) == (0, 2 * CREDIT)
    assert found.now == START + 3 * DAY


async def test_workspaces_by_spend_are_those_of_the_charges(timed_shop: Shop, hand: Hand) -> None:
    """Over a month and a half, so that days and a whole month are read."""
    ada = await lived(timed_shop, hand)
    end = day_of(hand.now) + 1
    page = await workspace_spend.page(timed_shop.desk, ada, days=Days(end - 45, end, end - 1))
    counted = await recounted(timed_shop, ada, end - 45, end)
    told = {row.workspace.number if row.workspace else 0: row.micros for row in page.rows}

    assert {number: micros for number, micros in told.items() if micros} == counted
    assert page.micros == sum(counted.values())
    assert [row.micros for row in page.rows] == sorted(told.values(), reverse=True)


async def test_pages_of_workspaces_follow_each_other(timed_shop: Shop, hand: Hand) -> None:
    ada = await lived(timed_shop, hand)
    end = day_of(hand.now) + 1

    async def page(skip: int, limit: int, search: str = "") -> workspace_spend.SpendPage:
        return await workspace_spend.page(
            timed_shop.desk,
            ada,
            days=Days(end - 30, end, end - 1),
            skip=skip,
            limit=limit,
            search=search,
        )

    whole = await page(0, 200)
    parts = [await page(skip, 3) for skip in range(0, whole.found, 3)]

    assert [row for part in parts for row in part.rows] == whole.rows
    assert {part.micros for part in parts} == {whole.micros}
    assert (await page(0, 10, "CLIENT-4 ltd")).found == 1


@pytest.mark.parametrize("archived", [True, False])
async def test_an_archived_workspace_is_shown_when_asked_for_or_when_it_spent(
    timed_shop: Shop, hand: Hand, archived: bool
) -> None:
    ada = await timed_shop.account(credits=10)
    for name in ("spent", "idle"):
        await workspaces.create(timed_shop.desk, ada, name, name)
    await timed_shop.reserve(ada, workspace="spent", settle=True)
    for name in ("spent", "idle"):
        await workspaces.archive(timed_shop.desk, ada, name)
    end = day_of(hand.now) + 1
    page = await workspace_spend.page(
        timed_shop.desk, ada, days=Days(end - 1, end, end - 1), archived=archived
    )
    names = {row.workspace.name for row in page.rows if row.workspace is not None}

    assert names == {"spent", "default"} | ({"idle"} if archived else set())


async def test_no_page_reads_a_charge_or_asks_once_per_workspace(
    timed_shop: Shop, hand: Hand
) -> None:
    """With 10 000 000 charges and 1 000 workspaces both would take seconds."""
    ada = await lived(timed_shop, hand)
    end = day_of(hand.now) + 1
    asked: list[str] = []

    def watch(*args: object) -> None:
        asked.append(str(args[2]))

    engine = await timed_shop.desk.vault.read(lambda c: c.engine)
    event.listen(engine, "before_cursor_execute", watch)
    await overview.overview(timed_shop.desk, ada)
    await workspace_spend.page(timed_shop.desk, ada, days=Days(end - 90, end, end - 1))
    event.remove(engine, "before_cursor_execute", watch)

    assert 0 < len(asked) < 25
    assert not any("FROM charge" in statement for statement in asked)
