"""Spend limits as values: their time, which refusals are news, and when there is room again."""

from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.amounts import CENT
from prepaid.domain.freeing import ROWS_MAX, Ladder, Row, Unread
from prepaid.domain.instants import DAY, HOUR, MINUTE, Instant, from_datetime
from prepaid.domain.limits import Limit, LimitState, forgotten, pack, unpack

NOW = from_datetime(datetime(2026, 4, 14, 10, 23, 45, tzinfo=UTC))
MONTHLY, HOURLY, QUICK = Limit(100, None), Limit(100, 60), Limit(100, 5)


def at(*date: int) -> Instant:
    return from_datetime(datetime(*date, tzinfo=UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        (at(2026, 4, 14, 10), at(2026, 4, 1), at(2026, 5, 1)),
        (at(2026, 4, 1), at(2026, 4, 1), at(2026, 5, 1)),
        (at(2026, 5, 1) - 1, at(2026, 4, 1), at(2026, 5, 1)),
        (at(2026, 12, 31, 23, 59), at(2026, 12, 1), at(2027, 1, 1)),
        (at(2024, 2, 29, 12), at(2024, 2, 1), at(2024, 3, 1)),
    ],
)
def test_a_month_begins_and_ends_at_midnight_utc(
    now: Instant, begins: Instant, ends: Instant
) -> None:
    assert MONTHLY.frontier(now) == begins - 1
    assert MONTHLY.leaves(now) == ends


def test_a_charge_leaves_a_rolling_period_when_it_is_exactly_so_old() -> None:
    leaves = HOURLY.leaves(NOW)

    assert leaves == NOW + HOUR
    assert HOURLY.frontier(leaves) == NOW
    assert HOURLY.frontier(leaves - 1) == NOW - 1


# Limit, how long ago it was told, the smallest spend since, the refused charge: is it news?
NEWS = [
    (HOURLY, None, 100, 1, True),
    (HOURLY, HOUR, 99, 1, True),
    (HOURLY, HOUR, 99, 2, False),
    (HOURLY, HOUR - 1, 0, 1, False),
    (HOURLY, 30 * DAY, 100, 1, False),
    (QUICK, 5 * MINUTE, 99, 1, True),
    (QUICK, 5 * MINUTE - 1, 99, 1, False),
    (Limit(100, 1_440), HOUR, 99, 1, True),
    (MONTHLY, HOUR, 99, 1, True),
    (MONTHLY, HOUR - 1, 99, 1, False),
    (MONTHLY, 13 * DAY, 100, 1, False),
    (MONTHLY, 14 * DAY, 100, 1, True),  # it was March
]


@pytest.mark.parametrize(("limit", "ago", "lowest", "amount", "is_news"), NEWS)
def test_a_refusal_is_news_when_there_was_room_for_it_since_the_last_one(
    limit: Limit, ago: int | None, lowest: int, amount: int, is_news: bool
) -> None:
    told_at = None if ago is None else NOW - ago
    state = LimitState(sum=100 * CENT, tail=0, told_at=told_at, lowest=lowest * CENT)

    assert state.is_news(limit, amount * CENT, NOW) is is_news


def test_the_smallest_spend_is_seen_before_a_charge_raises_it_and_after_one_is_undone() -> None:
    state = LimitState(sum=50, tail=10)
    state.tell(NOW)
    state.sum = 20  # time has passed

    state.add(11, 30)
    assert state.lowest == 20
    state.add(11, -35)
    state.add(11, 35)
    assert state.lowest == 15
    state.add(10, -15)
    assert (state.lowest, state.sum) == (15, 50)


def test_under_another_limit_only_the_count_is_kept() -> None:
    state = LimitState(sum=50, tail=10)
    state.tell(NOW)

    assert unpack(pack(state)) == state
    assert forgotten(state) == LimitState(count=1)
    assert (unpack(None), pack(None)) == (None, None)


rows = st.dictionaries(
    st.integers(0, 6 * HOUR), st.integers(1, 5), min_size=1, max_size=3 * ROWS_MAX
)


@given(rows, st.integers(0, 5 * HOUR), st.integers(1, 2_000), st.data())
def test_the_decisive_row_is_that_of_a_plain_sum(
    spent: dict[Instant, int], tail: Instant, excess: int, data: st.DataObject
) -> None:
    """However it is read, in pieces and hours, with part of it not stored yet."""
    counted = sorted((at, amount) for at, amount in spent.items() if at > tail)
    excess = min(excess, sum(amount for _, amount in counted))
    if not counted:
        return
    pending = dict(data.draw(st.lists(st.sampled_from(counted), max_size=5, unique=True)))
    stored = [row for row in sorted(spent.items()) if row[0] not in pending]
    passed = accumulate(amount for _, amount in counted)
    expected = next(row[0] for row, total in zip(counted, passed, strict=True) if total >= excess)

    assert found(Ladder(1, tail), stored, excess, pending) == expected


def found(ladder: Ladder, stored: list[Row], excess: int, pending: dict[Instant, int]) -> Instant:
    """Ask until everything that is needed has been read."""
    for _ in range(100):
        try:
            return ladder.decisive(6 * HOUR, excess, pending)
        except Unread as unread:
            wanted = unread.wanted
            if wanted.is_hours:
                hours: dict[int, int] = {}
                for moment, amount in stored:
                    hours[moment // HOUR] = hours.get(moment // HOUR, 0) + amount
                ladder.keep(wanted, hours.items())
            else:
                asked = [row for row in stored if wanted.after < row[0] <= wanted.until]
                ladder.keep(wanted, asked[:ROWS_MAX])
    raise AssertionError
