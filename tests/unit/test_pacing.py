"""The throttle of an endpoint, as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.deliveries import pacing
from prepaid.domain.deliveries.endpoints import THROTTLE_RATE_MAX
from prepaid.domain.instants import SECOND

RATES = st.integers(1, THROTTLE_RATE_MAX)


@given(rate=RATES, counts=st.lists(st.integers(1, 9), min_size=1, max_size=9), start=st.integers(0))
def test_no_second_holds_more_than_the_rate(rate: int, counts: list[int], start: int) -> None:
    """However they are asked for, and though the rate may not divide a second."""
    times: list[int] = []
    next_at = None
    for count in counts:
        given = pacing.begins(next_at, start, rate, count)
        next_at = pacing.after(given, rate)
        times += given

    assert times == sorted(times)
    assert times[0] == start
    for place in range(len(times) - rate):
        assert times[place + rate] - times[place] >= SECOND


@given(rate=RATES, idle=st.integers(0, 10**12))
def test_time_that_was_not_used_is_not_saved_up(rate: int, idle: int) -> None:
    """After a silence the receiver is not flooded."""
    times = pacing.begins(0, idle, rate, 3)

    assert times[0] == idle
    assert times[2] - times[0] == 2 * (times[1] - times[0]) > 0


def test_the_near_future_is_full_when_more_than_a_second_is_taken() -> None:
    assert not pacing.is_full(None, 0)
    assert not pacing.is_full(SECOND, 0)
    assert pacing.is_full(SECOND + 1, 0)
