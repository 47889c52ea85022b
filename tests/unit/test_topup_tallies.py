"""What is told of caps is what the rule goes by: the same tally, the same verdict."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prepaid.domain.amounts import CENT
from prepaid.domain.instants import DAY, HOUR, day_of, iso_millis
from prepaid.domain.topups.caps import AutoTopup, PaymentMethod, Tally, verdict
from prepaid.domain.topups.tallies import used

NOON = 1_776_162_225_000_000  # 2026-04-14T10:23:45Z
WISH = AutoTopup(enabled=True, threshold=500 * CENT, amount=1_000 * CENT, per_day_max=3)
CARD = PaymentMethod(customer="cus_1", reference="pm_1", updated_at=NOON)

GAPS = st.lists(st.integers(0, 30 * 24), max_size=12)


@given(gaps_h=GAPS, per_month=st.none() | st.integers(1, 6))
def test_a_cap_is_told_as_reached_exactly_when_it_forbids(
    gaps_h: list[int], per_month: int | None
) -> None:
    """Else a page says that there is room while nothing is bought, or the other way round."""
    most = None if per_month is None else per_month * WISH.amount
    wish, tally, now = replace(WISH, per_month_max=most), Tally(), NOON
    for gap in gaps_h:
        now += gap * HOUR
        said = verdict(wish, 0, is_running=False, method=CARD, tally=tally, now=now)
        told = used(wish, tally, now)

        assert (told.reached or "open") == said
        assert told.attempts <= wish.per_day_max
        assert most is None or told.amount <= most
        if said == "open":
            tally = tally.opened(wish.amount, now)


@given(gap_h=st.integers(0, 800))
def test_each_part_begins_anew_when_it_says(gap_h: int) -> None:
    now = NOON + gap_h * HOUR
    tally = Tally().opened(WISH.amount, now)
    told = used(WISH, tally, now)

    assert now < told.day_ends <= now + DAY
    assert iso_millis(told.month_ends)[8:] == "01T00:00:00.000Z"
    assert used(WISH, tally, told.day_ends - 1).attempts == 1
    assert used(WISH, tally, told.day_ends).attempts == 0
    assert used(WISH, tally, told.month_ends - 1).amount == WISH.amount
    assert used(WISH, tally, told.month_ends).amount == 0
    assert day_of(told.month_ends) > day_of(now)
