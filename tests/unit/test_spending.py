"""Spend by day and workspace, and how long credit lasts."""

import random
from collections import Counter

import pytest

from prepaid.domain.instants import DAY, HOUR
from prepaid.domain.spending import MONTH_DAYS, SERIES_MAX, Cell, daily_rate, days_left, spending

FIRST = 20_000
PLACES = [*range(SERIES_MAX), None]


def test_nothing_spent_has_30_days_of_nothing() -> None:
    found = spending([], FIRST)

    assert found.days == [0] * MONTH_DAYS
    assert (found.today, found.week, found.month, found.series) == (0, 0, 0, [])


def test_series_and_days_come_to_the_same_sums() -> None:
    dice = random.Random(7)
    cells = [
        Cell(FIRST + dice.randrange(MONTH_DAYS), dice.choice(PLACES), dice.randrange(1000))
        for _ in range(2_000)
    ]
    found = spending(cells, FIRST)
    by_day = Counter[int]()
    for cell in cells:
        by_day[cell.day] += cell.micros

    assert found.days == [by_day[FIRST + place] for place in range(MONTH_DAYS)]
    sums = [sum(one.micros[place] for one in found.series) for place in range(MONTH_DAYS)]
    assert sums == found.days
    assert found.today == by_day[FIRST + 29]
    assert found.week == sum(by_day[FIRST + place] for place in range(23, 30))


def test_who_spent_most_comes_first_and_the_rest_last() -> None:
    cells = [Cell(FIRST, 1, 5), Cell(FIRST + 1, 2, 7), Cell(FIRST, None, 90), Cell(FIRST, 3, 5)]
    found = spending(cells, FIRST)

    assert [one.workspace for one in found.series] == [2, 1, 3, None]
    assert found.series[-1].micros[:2] == [90, 0]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (400 * DAY, 100),  # 6 days and a half
        (2 * DAY, 325),  # an account of two days spent it all in two
        (HOUR, 650),  # at least one day is taken
        (-DAY, 650),  # a clock that was set back
    ],
)
def test_the_rate_is_the_mean_of_the_days_that_there_were(age: int, expected: int) -> None:
    assert daily_rate(650, FIRST * DAY + DAY // 2, age) == expected


@pytest.mark.parametrize(
    ("credit", "rate", "expected"),
    [(1000, 0, None), (1000, 300, 3), (0, 5, 0), (-50, 5, 0), (299, 300, 0)],
)
def test_days_left(credit: int, rate: int, expected: int | None) -> None:
    assert days_left(credit, rate, DAY) == expected


def test_minutes_of_spending_say_nothing_about_days() -> None:
    assert days_left(1000, 300, DAY - 1) is None


def test_imported_usage_is_older_than_its_account() -> None:
    """Else the spend of a month would be taken for that of the account's first day."""
    noon = (FIRST + 20) * DAY + DAY // 2
    early, late = (spending([Cell(FIRST + day, 1, 5)], FIRST) for day in (3, 20))

    assert early.since(noon) == (FIRST + 3) * DAY
    assert late.since(noon) == noon
    assert spending([], FIRST).since(noon) == noon
