"""What an account may wish for, what holds it back, and what credit costs."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prepaid.domain.amounts import AMOUNT_MAX, CENT, CREDIT
from prepaid.domain.instants import DAY, HOUR, Instant
from prepaid.domain.refusals import Refusal
from prepaid.domain.topups import caps as topup_caps
from prepaid.domain.topups.caps import AutoTopup, AutoTopupPatch, PaymentMethod, Tally, Verdict

NOON: Instant = 1_776_162_225_000_000  # 2026-04-14T10:23:45Z
METHOD = PaymentMethod(customer="cus_1", reference="pm_1", updated_at=NOON)
NO_ATTEMPTS = Tally()
WISH = AutoTopup(enabled=True, threshold=5_000 * CENT, amount=10_000 * CENT)


def judged(
    auto: AutoTopup = WISH,
    balance: int = 350 * CENT,
    *,
    is_running: bool = False,
    method: PaymentMethod | None = METHOD,
    tally: Tally = NO_ATTEMPTS,
    now: Instant = NOON,
) -> Verdict:
    return topup_caps.verdict(
        auto, balance, is_running=is_running, method=method, tally=tally, now=now
    )


def patched(
    auto: AutoTopup, body: dict[str, object], method: PaymentMethod | None = METHOD
) -> AutoTopup:
    # Not by `convert`, which would refuse at the door what is refused here once more.
    names = {field.encode_name: field.name for field in msgspec.structs.fields(AutoTopupPatch)}
    values: dict[str, Any] = {names[name]: value for name, value in body.items()}
    return topup_caps.changed(auto, AutoTopupPatch(**values), method, 100)


def test_a_balance_at_the_threshold_tops_up_and_one_above_does_not() -> None:
    """By level: the guide says "at or below"."""
    assert judged(balance=WISH.threshold) == "open"
    assert judged(balance=WISH.threshold + 1) == "enough"


def test_what_holds_back_is_named() -> None:
    assert judged(replace(WISH, enabled=False)) == "off"
    assert judged(is_running=True) == "running"
    assert judged(method=None) == "no_method"


def test_five_attempts_a_day_are_all() -> None:
    tally = Tally()
    for _ in range(5):
        assert judged(tally=tally) == "open"
        tally = tally.opened(WISH.amount, NOON)

    assert judged(tally=tally) == "day_cap"
    assert tally.at(NOON + DAY).attempts == 0
    assert topup_caps.cap_period("day_cap", NOON) == "day:2026-04-14"


def test_the_amount_of_a_month_is_never_passed() -> None:
    auto = replace(WISH, per_month_max=25_000 * CENT)
    tally = Tally().opened(WISH.amount, NOON - DAY).opened(WISH.amount, NOON)

    assert tally == Tally(20_557, 1, 20_544, 20_000 * CENT)
    assert judged(auto, tally=tally) == "month_cap"
    assert judged(replace(auto, per_month_max=30_000 * CENT), tally=tally) == "open"
    assert judged(auto, tally=tally.at(NOON + 17 * DAY)) == "open"
    assert topup_caps.cap_period("month_cap", NOON) == "month:2026-04"
    assert topup_caps.cap_period("open", NOON) is None


@given(st.lists(st.integers(0, 8), max_size=60))
def test_a_day_never_has_more_attempts_than_its_cap(gaps_h: list[int]) -> None:
    now, tally, per_day = NOON, Tally(), dict[int, int]()
    for gap_h in gaps_h:
        now += gap_h * HOUR
        if judged(tally=tally, now=now) == "open":
            tally = tally.opened(WISH.amount, now)
            per_day[now // DAY] = per_day.get(now // DAY, 0) + 1

    assert all(count <= 5 for count in per_day.values())
    assert tally.attempts == per_day.get(tally.day, 0)


def test_a_patch_changes_what_it_names_and_keeps_the_rest() -> None:
    auto = patched(AutoTopup(), {"thresholdInCreditCents": 5_000, "amountInCreditCents": 10_000})
    both = patched(auto, {"enabled": True, "maxPerDay": 2, "maxPerMonthInCreditCents": 50_000})

    assert auto == replace(WISH, enabled=False)
    assert both == replace(WISH, per_day_max=2, per_month_max=50_000 * CENT)
    assert patched(both, {"maxPerMonthInCreditCents": None}).per_month_max is None
    assert patched(both, {}) == both


@pytest.mark.parametrize(
    "body",
    [
        {"enabled": None},
        {"maxPerDay": "5"},
        {"amountInCreditCents": 100.5},
        {"threshold": 1},
    ],
)
def test_a_patch_of_other_kinds_or_names_is_none(body: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, AutoTopupPatch)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thresholdInCreditCents", -1),
        ("thresholdInCreditCents", 10**11 + 1),
        ("amountInCreditCents", 99),
        ("amountInCreditCents", 10**8),  # 100 000 000 minor units
        ("maxPerDay", 0),
        ("maxPerDay", 101),
        ("maxPerMonthInCreditCents", 99),
    ],
)
def test_a_wrong_field_is_refused_by_name(field: str, value: int) -> None:
    with pytest.raises(Refusal) as refused:
        patched(WISH, {field: value})

    assert refused.value.code == "invalid_request"
    assert [detail.field for detail in refused.value.details] == [field]


def test_enabling_needs_an_amount_and_a_payment_method() -> None:
    with pytest.raises(Refusal, match="amountInCreditCents must be set"):
        patched(AutoTopup(), {"enabled": True})
    with pytest.raises(Refusal, match="enabled needs a payment method"):
        patched(replace(WISH, enabled=False), {"enabled": True}, method=None)


def test_after_a_failure_enabling_needs_a_newer_payment_method() -> None:
    """Declined cards are not hammered (guide: "update your payment method to re-enable it")."""
    failed = topup_caps.failed(WISH, NOON)
    newer = replace(METHOD, updated_at=NOON + 1)

    assert not failed.enabled
    with pytest.raises(Refusal, match="updated after the failed top-up"):
        patched(failed, {"enabled": True})
    assert patched(failed, {"maxPerDay": 5}).failed_at == NOON
    assert patched(failed, {"enabled": True}, newer) == WISH


def test_credit_is_never_sold_below_its_price() -> None:
    assert topup_caps.price(100 * CREDIT, 100) == 10_000
    assert topup_caps.price(CREDIT + CENT, 250) == 253  # 252.5 rounded up
    assert topup_caps.price(1, 1) == 1


@given(st.integers(1, AMOUNT_MAX), st.integers(1, AMOUNT_MAX), st.integers(1, 10**6))
def test_small_portions_are_never_cheaper(one: int, other: int, credit_price: int) -> None:
    parts = topup_caps.price(one, credit_price) + topup_caps.price(other, credit_price)

    assert parts >= topup_caps.price(one + other, credit_price)


def test_a_topup_by_hand_is_between_one_credit_and_what_a_payment_can_be() -> None:
    assert topup_caps.bought(100, 100) == CREDIT
    for cents in (99, 99_999_999 + 1):
        with pytest.raises(Refusal, match="amountInCreditCents"):
            topup_caps.bought(cents, 100)


def test_one_topup_at_a_time_is_said_in_a_conflict() -> None:
    assert topup_caps.in_progress().code == "topup_in_progress"
