"""What the usage page shows is what the usage report says, page by page and bar by bar."""

import random

import pytest

from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.instants import DAY, HOUR, day_of, month_of_day
from prepaid.flows import reports, usage_pages, workspaces
from prepaid.flows.usage_pages import CELLS_MAX, Days, Which
from tests.kit.shop import Shop
from tests.simulation.clocked import Hand

EVERYTHING = Which()
CLIENTS = [f"client-{n}" for n in range(9)]


async def lived(shop: Shop, hand: Hand) -> AccountId:
    """An account with 70 days behind it; one of its workspaces is archived."""
    dice = random.Random(5)
    ada = await shop.account(credits=100_000)
    for name in CLIENTS:
        await workspaces.create(shop.desk, ada, name, f"{name} Ltd")
    for _ in range(70):
        hand.now += DAY
        for _ in range(3):
            place = dice.choice([*CLIENTS, "default", None])
            outcome = await shop.reserve(ada, dice.choice(["report", "page"]), workspace=place)
            await dice.choice([shop.settle, shop.release])(outcome)
    await workspaces.archive(shop.desk, ada, "client-3")
    hand.now += HOUR
    return ada


async def reported(
    shop: Shop, ada: AccountId, days: Days
) -> dict[tuple[int, str], tuple[int, int]]:
    """The report of the API."""
    found = await reports.usage_report(shop.desk, ada, days.first * DAY, days.end * DAY)
    return {
        (line.workspace, line.sku): (line.requests, line.micros)
        for one in found
        for line in one.lines
    }


@pytest.mark.parametrize(
    ("back", "ahead"), [(0, 1), (29, 1), (69, 1), (69, -20), (40, -39), (90, 9)]
)
async def test_all_pages_together_are_the_report(
    timed_shop: Shop, hand: Hand, back: int, ahead: int
) -> None:
    ada = await lived(timed_shop, hand)
    today = day_of(hand.now)
    days = Days(today - back, today + ahead, today)
    expected = await reported(timed_shop, ada, days)

    shown: list[usage_pages.Used] = []
    while True:
        page = await paged(timed_shop, ada, days, skip=len(shown))
        if not page.shown:
            break
        assert page.found == len({workspace for workspace, _ in expected})
        assert page.requests == sum(requests for requests, _ in expected.values())
        assert page.micros == sum(micros for _, micros in expected.values())
        shown += page.shown
    lines = [row for one in shown for row in one.lines]
    assert {(row.workspace, row.sku): (row.requests, row.micros) for row in lines} == expected
    assert [one.micros for one in shown] == sorted((one.micros for one in shown), reverse=True)
    assert all(one.others is None for one in shown)


async def paged(
    shop: Shop,
    ada: AccountId,
    days: Days,
    which: Which = EVERYTHING,
    *,
    skip: int = 0,
    limit: int = 4,
    lines: int = 9,
) -> usage_pages.UsagePage:
    """A page of the usage."""
    return await usage_pages.page(shop.desk, ada, days, which, skip=skip, limit=limit, lines=lines)


@pytest.mark.parametrize("which", [Which(), Which(sku="page"), Which(among=[2, 3, ACCOUNT_WIDE])])
async def test_lines_and_others_come_to_the_workspace(
    timed_shop: Shop, hand: Hand, which: Which
) -> None:
    """Of many SKUs the dearest are told, and the rest together."""
    ada = await lived(timed_shop, hand)
    today = day_of(hand.now)
    days = Days(today - 40, today + 1, today)
    page = await paged(timed_shop, ada, days, which, limit=20, lines=1)
    whole = await paged(timed_shop, ada, days, which, limit=20)

    assert any(one.others for one in page.shown) == (which.sku is None)
    for one, same in zip(page.shown, whole.shown, strict=True):
        assert len(one.lines) == 1
        assert one.lines == same.lines[:1]
        assert sum(row.micros for row in one.rows) == one.micros == same.micros
        assert sum(row.requests for row in one.rows) == one.requests == same.requests


@pytest.mark.parametrize("is_daily", [True, False])
@pytest.mark.parametrize("which", [Which(), Which(sku="page"), Which(among=[2, ACCOUNT_WIDE])])
async def test_bars_come_to_what_the_lines_come_to(
    timed_shop: Shop, hand: Hand, which: Which, *, is_daily: bool
) -> None:
    """By month, the days at the ends of the range count and those beside them do not."""
    ada = await lived(timed_shop, hand)
    today = day_of(hand.now)
    days = Days(today - 55, today + 1, today)
    many = 1 if is_daily else CELLS_MAX
    if which.among is not None and not is_daily:
        days = Days(today - 190, today + 1, today)
    used = await paged(timed_shop, ada, days, which)
    bars = await usage_pages.bars(timed_shop.desk, ada, days, which, many)

    assert sum(sum(one.micros) for one in bars.series) == used.micros > 0
    assert len(bars.starts) == len(set(bars.starts))
    if is_daily:
        assert bars.starts == list(range(days.first, days.end))
    else:
        assert all(month_of_day(start) == start for start in bars.starts)
    kinds = {type(one.what) for one in bars.series if one.what is not None}
    assert kinds == ({int} if which.among is None else {str})
