"""Which rollup rows add up to some days: exactly those days, from few rows."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.instants import month_of_day, next_month
from prepaid.domain.usage import DAY, MONTH, Days, Part, parts, without_skus

HALF_MONTH = 16  # days, rounded up
FIRST = 20_000
numbers = st.integers(FIRST, FIRST + 800)
ranges = st.builds(Days, numbers, numbers, st.integers(FIRST - 20, FIRST + 850))


def covered(cut: list[Part]) -> dict[int, int]:
    """How often each day is counted in the end."""
    counts: Counter[int] = Counter()
    for part in cut:
        counts.update(dict.fromkeys(range(part.first, part.end), part.sign))
    return {day: count for day, count in counts.items() if count}


@given(ranges)
def test_each_day_counts_once_and_no_other_day_at_all(days: Days) -> None:
    """Whatever day it is: today decides what is read, never what is found."""
    assert covered(parts(days)) == dict.fromkeys(range(days.first, days.end), 1)
    assert covered(parts(days, DAY)) == dict.fromkeys(range(days.first, days.end), 1)


@given(ranges)
def test_of_each_end_at_most_half_a_month_of_days_is_read(days: Days) -> None:
    """However long the report; after today there are no rows."""
    read = [min(part.end, days.today + 1) - part.first for part in parts(days) if part.grain == DAY]

    assert sum(max(0, one) for one in read) <= 2 * HALF_MONTH


@given(ranges)
def test_a_part_can_be_told_by_its_month(days: Days) -> None:
    """Months are whole, and days of two months are never in one part."""
    for part in parts(days, MONTH):
        first, last = month_of_day(part.first), next_month(part.end - 1)
        if part.grain == MONTH:
            assert (part.first, part.end) == (first, last)
        else:
            assert last == next_month(first)


def test_a_report_up_to_today_reads_this_month_as_one() -> None:
    """The 20 days that are over are the month, since the others have not been."""
    month = next_month(FIRST)

    assert parts(Days(month, month + 20, month + 19)) == [
        Part(MONTH, month, next_month(month)),
        Part(DAY, month + 20, next_month(month), -1),
    ]


@given(ranges)
def test_without_skus_the_same_days_are_read(days: Days) -> None:
    cut = parts(days)
    lean = without_skus(cut)

    assert [one[1:] for one in lean] == [one[1:] for one in cut]
    assert all(one.grain != DAY for one in lean)
