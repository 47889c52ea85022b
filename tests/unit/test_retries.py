"""When a delivery is tried again, and when an endpoint is switched off, by hand and at random."""

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.deliveries import retries
from prepaid.domain.deliveries.retries import HEALTHY, MAILS, WEBHOOKS, Health, Schedule
from prepaid.domain.instants import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Instant,
    Span,
    from_datetime,
    to_datetime,
)

START: Instant = from_datetime(datetime(2026, 4, 14, 10, 0, 0, tzinfo=UTC))
MIDDLE = 0.5  # the roll of the scheduled wait
ROLLS = st.floats(0, 1, exclude_max=True)


def attempts(schedule: Schedule, roll: float, wait_min: Span = 0) -> list[Span]:
    """When each attempt is made, since creation, if every one fails at once."""
    at, times = START, [0]
    while True:
        following = retries.next_attempt(
            schedule, made=len(times), created_at=START, now=at, roll=roll, wait_min=wait_min
        )
        if following is None:
            return times
        at = following
        times.append(at - START)


def waits(times: list[Span]) -> list[Span]:
    return [after - before for before, after in pairwise(times)]


def test_webhooks_follow_the_schedule() -> None:
    hours = [2, 5, 10, 14, 20, 20]
    expected = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, *(hour * HOUR for hour in hours)]

    assert waits(attempts(WEBHOOKS, MIDDLE)) == expected


def test_mails_follow_the_schedule() -> None:
    minutes = [1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60, 24 * 60]

    assert waits(attempts(MAILS, MIDDLE)) == [minute * MINUTE for minute in minutes]


@given(roll=ROLLS, made=st.integers(1, 8))
def test_jitter_spans_exactly_a_tenth_each_way(roll: float, made: int) -> None:
    at = retries.next_attempt(WEBHOOKS, made=made, created_at=START, now=START, roll=roll)

    assert at is not None
    share = (at - START) / WEBHOOKS.delays[made]
    assert 0.9 <= share < 1.1
    assert share == pytest.approx(0.9 + 0.2 * roll, abs=1e-6)


@given(roll=ROLLS, wait_min=st.integers(0, retries.RETRY_AFTER_MAX))
def test_the_last_attempt_is_at_most_72_hours_after_creation(roll: float, wait_min: Span) -> None:
    times = attempts(WEBHOOKS, roll, wait_min)

    assert len(times) <= WEBHOOKS.attempts_max
    assert times[-1] <= 72 * HOUR
    assert times == sorted(set(times))


def test_the_longest_jitter_is_cut_at_72_hours() -> None:
    assert attempts(WEBHOOKS, 0.999)[-1] == 72 * HOUR


def test_nothing_follows_an_attempt_made_when_time_is_up() -> None:
    """A process that was down for days does not start over."""
    now = START + 72 * HOUR

    assert retries.next_attempt(WEBHOOKS, made=1, created_at=START, now=now, roll=0) is None


def test_a_longer_wait_asked_for_is_honoured_and_a_shorter_one_changes_nothing() -> None:
    def after(wait_min: Span) -> Instant | None:
        return retries.next_attempt(
            WEBHOOKS, made=2, created_at=START, now=START, roll=MIDDLE, wait_min=wait_min
        )

    assert after(HOUR) == START + HOUR
    assert after(SECOND) == START + 5 * MINUTE


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("21600", 6 * 3600),
        ("21601", 6 * 3600),
        ("999999999999999999", 6 * 3600),
        ("Tue, 14 Apr 2026 10:01:30 GMT", 90),
        ("Tuesday, 14-Apr-26 10:01:30 GMT", 90),
        ("Tue Apr 14 10:01:30 2026", 90),
        ("Tue, 14 Apr 2026 12:01:30 +0200", 90),
        ("Tue, 14 Apr 2026 09:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 6 * 3600),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: int) -> None:
    assert retries.retry_after(header, START) == seconds * SECOND


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "-5",
        "1.5",
        "1e3",
        "0x10",
        "٣",
        "9" * 5000,
        "Tue, 99 Apr 2026 10:01:30 GMT",
        "Tue, 14 Apr 2026 99:99:99 GMT",
        "Tue, 14 Apr 99999 10:01:30 GMT",
        ", , ,",
        "120, 240",
    ],
)
def test_nonsense_in_retry_after_is_no_wait(header: str | None) -> None:
    assert retries.retry_after(header, START) == 0


@given(
    header=st.text(st.characters(codec="latin-1"), max_size=80)
    | st.text("0123456789:,+- GMTAprTue", max_size=40)
)
def test_whatever_a_receiver_says_the_wait_is_bounded(header: str) -> None:
    assert 0 <= retries.retry_after(header, START) <= retries.RETRY_AFTER_MAX


@given(seconds=st.integers(31_536_000, 7_258_118_400))
def test_every_http_date_is_read(seconds: int) -> None:
    until = seconds * SECOND

    wait = retries.retry_after(format_datetime(to_datetime(until), usegmt=True), START)

    assert wait == max(0, min(until - START, retries.RETRY_AFTER_MAX))


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("disable", "disable"),
        (" Disable ", "disable"),
        ("abort-message", "abort-message"),
        ("abort", None),
        ("", None),
        (None, None),
    ],
)
def test_a_receiver_may_ask_for_no_more(header: str | None, meaning: str | None) -> None:
    assert retries.directive(header) == meaning


def failing(*, since: Instant = START, exhausted: int = 0, warned: int = 0) -> Health:
    return Health(failing_since=since, exhausted=exhausted, warned=warned)


def test_an_endpoint_fails_since_its_first_failure_after_a_success() -> None:
    first = retries.after_failure(HEALTHY, START, status=500, exhausted=False)
    later = retries.after_failure(first, START + DAY, status=None, exhausted=True)

    assert first == failing()
    assert later == failing(exhausted=1)


@pytest.mark.parametrize(
    ("span", "exhausted", "disabled"),
    [
        (5 * DAY, 2, True),
        (9 * DAY, 7, True),
        (5 * DAY - 1, 2, False),
        (5 * DAY, 1, False),
        (90 * DAY, 0, False),
    ],
)
def test_five_days_and_two_exhausted_messages_disable(
    span: Span, exhausted: int, *, disabled: bool
) -> None:
    """One message alone, however long ago, is not enough to call a receiver dead."""
    assert retries.must_disable(failing(exhausted=exhausted), START + span) is disabled


def test_a_healthy_endpoint_is_neither_warned_of_nor_disabled() -> None:
    """An endpoint that gets no messages has no success either; that is no fault."""
    assert not retries.must_disable(HEALTHY, START + 90 * DAY)
    assert retries.warnings_due(HEALTHY, START + 90 * DAY) == 0
    assert retries.disable_at(HEALTHY) is None


def test_gone_twice_disables_at_once() -> None:
    once = retries.after_failure(HEALTHY, START, status=410, exhausted=False)
    other = retries.after_failure(once, START + SECOND, status=500, exhausted=False)
    twice = retries.after_failure(other, START + MINUTE, status=410, exhausted=False)

    assert not retries.must_disable(other, START + SECOND)
    assert retries.must_disable(twice, START + MINUTE)


@pytest.mark.parametrize(
    ("span", "due"),
    [(0, 0), (DAY - 1, 0), (DAY, 1), (3 * DAY - 1, 1), (3 * DAY, 2), (30 * DAY, 2)],
)
def test_the_owner_is_warned_after_one_day_and_after_three(span: Span, due: int) -> None:
    assert retries.warnings_due(failing(), START + span) == due
    assert retries.disable_at(failing()) == START + 5 * DAY
