"""The life of a top-up attempt, step by step."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, Span
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.answers import Answer, Declined, Paid, Pending, Unreachable
from prepaid.domain.topups.topup import Attempt

NOW: Instant = 1_776_162_225_000_000
KEY = "0123456789abcdef0123456789abcdef"
PAID = Paid("pi_1", "https://receipts.example/1")
DECLINED = Declined("card_declined")
LOST = Unreachable("timeout", lost=True)
REFUSED = Unreachable("http_429", lost=False)


def new(kind: topups.Kind = "auto") -> Attempt:
    return topups.opened(
        Attempt(
            account=7,
            number=3,
            key=KEY,
            kind=kind,
            amount=100_000_000,
            price=10_000,
            currency="eur",
            customer="cus_1",
            method="pm_1",
            opened_at=NOW + 30 * DAY,
            created_at=NOW,
        )
    )


def asked(at: Instant = NOW) -> Attempt:
    return topups.asked(new(), at)


def after(*answers: Answer, attempt: Attempt | None = None, at: Instant = NOW) -> Attempt:
    current = asked() if attempt is None else attempt
    for answer in answers:
        current = topups.answered(current, answer, at).attempt
    return current


def test_a_new_attempt_is_asked_at_once_and_not_before() -> None:
    assert topups.step(new(), NOW) == "ask"
    assert topups.step(new(), NOW - 1) == "rest"


def test_money_taken_is_credited_once() -> None:
    """The worker's answer and the provider's own event both arrive."""
    first = topups.answered(asked(), PAID, NOW + SECOND)
    second = topups.answered(first.attempt, PAID, NOW + MINUTE)

    assert (first.effect, second.effect) == ("credited", "none")
    assert second.attempt == first.attempt
    assert first.attempt.status == "succeeded"
    assert first.attempt.payment == "pi_1"
    assert first.attempt.receipt_url == PAID.receipt_url
    assert topups.step(first.attempt, NOW + 30 * DAY) == "rest"


@pytest.mark.parametrize("late", [DECLINED, Pending("pi_1"), LOST, REFUSED])
def test_nothing_undoes_a_success(late: Answer) -> None:
    paid = after(PAID)

    assert topups.answered(paid, late, NOW + DAY) == topups.Turn(paid)


def test_a_decline_fails_once_and_is_never_asked_again() -> None:
    first = topups.answered(asked(), DECLINED, NOW)
    second = topups.answered(first.attempt, DECLINED, NOW + 1)

    assert (first.effect, second.effect) == ("failed", "none")
    assert first.attempt.error == "card_declined"
    assert topups.step(first.attempt, NOW + DAY) == "rest"


def test_a_success_reported_after_a_failure_is_still_credited_once() -> None:
    failed = after(DECLINED)
    turn = topups.answered(failed, PAID, NOW + DAY)

    assert turn.effect == "credited"
    assert turn.attempt.status == "succeeded"
    assert turn.attempt.error is None
    assert topups.answered(turn.attempt, PAID, NOW + DAY).effect == "none"


def test_a_failed_payment_that_is_left_at_the_provider_is_canceled() -> None:
    failed = after(Declined("authentication_required", "pi_1"))
    over = topups.payment_canceled(failed, Declined("canceled", "pi_1"), NOW)

    assert topups.step(failed, NOW) == "cancel"
    assert over == topups.Turn(replace(failed, next_at=None))


def test_a_failed_attempt_that_learns_of_its_payment_cancels_it() -> None:
    failed = after(DECLINED)
    told = after(Declined("card_declined", "pi_1"), attempt=failed)

    assert topups.step(failed, NOW) == "rest"
    assert topups.step(told, NOW) == "cancel"


def test_a_payment_too_late_to_cancel_is_credited() -> None:
    failed = after(Declined("authentication_required", "pi_1"))

    assert topups.payment_canceled(failed, PAID, NOW).effect == "credited"


def test_canceling_is_tried_for_two_weeks() -> None:
    failed = after(Declined("authentication_required", "pi_1"))
    soon = topups.payment_canceled(failed, LOST, NOW).attempt
    late = topups.payment_canceled(failed, LOST, NOW + 14 * DAY).attempt

    assert soon.next_at == NOW + topups.WAIT_MIN
    assert late.next_at is None


def test_a_provider_that_was_not_reached_is_asked_again_later_and_later() -> None:
    attempt, at, waits = new(), NOW, list[Span]()
    for _ in range(12):
        attempt = after(REFUSED, attempt=topups.asked(attempt, at), at=at)
        assert attempt.next_at is not None
        waits.append(attempt.next_at - at)
        at = attempt.next_at

    assert attempt.status == "open"
    assert [wait // SECOND for wait in waits] == [
        *(10, 10, 20, 40, 80, 160, 320, 640, 1280, 2560),
        *(3600, 3600),
    ]


def test_an_ask_that_nobody_answered_for_is_taken_up_after_a_minute() -> None:
    """A process died between the commit and the answer."""
    assert topups.step(asked(), NOW + MINUTE - 1) == "rest"
    assert topups.step(asked(), NOW + MINUTE) == "ask"


def test_a_lost_answer_is_looked_up_before_it_is_asked_for_again() -> None:
    unknown = after(LOST)
    later = NOW + topups.WAIT_MIN
    looked = topups.looked_up(unknown, None, later).attempt

    assert unknown.status == "unknown"
    assert topups.step(unknown, later) == "look_up"
    assert topups.step(looked, later) == "ask"
    assert topups.asked(looked, later).key == KEY


def test_a_look_that_began_before_the_last_ask_says_nothing_of_it() -> None:
    unknown = after(LOST, attempt=topups.asked(asked(), NOW + HOUR), at=NOW + HOUR)
    stale = topups.looked_up(unknown, None, NOW + MINUTE).attempt

    assert topups.step(stale, NOW + 2 * HOUR) == "look_up"


@pytest.mark.parametrize("answer", [LOST, REFUSED])
def test_nothing_is_asked_after_twenty_three_hours(answer: Answer) -> None:
    """The provider forgets a key after 24 hours; asking once more would be a second payment."""
    attempt = after(answer, attempt=topups.asked(asked(), NOW + 22 * HOUR), at=NOW + 22 * HOUR)

    assert topups.step(attempt, NOW + 23 * HOUR) == "look_up"
    with pytest.raises(AssertionError):
        topups.asked(attempt, NOW + 23 * HOUR)


@pytest.mark.parametrize(
    ("last_ask", "looked", "status"),
    [
        (0, 22 * HOUR, "unknown"),  # it may still be asked
        (0, 23 * HOUR, "failed"),
        (22 * HOUR + 30 * MINUTE, 23 * HOUR, "unknown"),  # the list may lag behind
        (22 * HOUR + 30 * MINUTE, 23 * HOUR + 30 * MINUTE - 1, "unknown"),
        (22 * HOUR + 30 * MINUTE, 23 * HOUR + 30 * MINUTE, "failed"),
    ],
)
def test_none_counts_one_hour_after_the_last_ask(last_ask: Span, looked: Span, status: str) -> None:
    attempt = asked()
    if last_ask:
        attempt = topups.asked(attempt, NOW + last_ask)
    turn = topups.looked_up(after(LOST, attempt=attempt), None, NOW + looked)

    assert turn.attempt.status == status
    assert turn.effect == ("failed" if status == "failed" else "none")
    assert status != "failed" or turn.attempt.error == topups.GAVE_UP


def test_of_a_closed_account_only_the_list_is_read() -> None:
    refused = after(REFUSED)
    soon = topups.looked_up(refused, None, NOW + MINUTE, is_closed=True)
    late = topups.looked_up(refused, None, NOW + HOUR, is_closed=True)

    assert topups.step(refused, NOW + MINUTE) == "ask"
    assert topups.step(refused, NOW + MINUTE, is_closed=True) == "look_up"
    assert (soon.attempt.status, soon.attempt.next_at) == ("open", NOW + HOUR)
    assert (late.attempt.status, late.attempt.next_at, late.effect) == ("canceled", None, "none")
    assert topups.looked_up(refused, PAID, NOW + MINUTE, is_closed=True).effect == "credited"


def test_a_payment_known_to_a_closed_account_is_canceled_with_its_attempt() -> None:
    pending = after(Pending("pi_1"))
    turn = topups.looked_up(pending, None, NOW + HOUR, is_closed=True)

    assert turn.effect == "failed"
    assert topups.step(turn.attempt, NOW + HOUR, is_closed=True) == "cancel"


def test_a_payment_the_provider_is_working_on_is_watched_and_not_asked_again() -> None:
    pending = after(Pending("pi_1"))

    assert topups.step(pending, NOW + HOUR) == "look_up"
    assert topups.looked_up(pending, PAID, NOW + 2 * DAY).effect == "credited"
    assert topups.looked_up(pending, None, NOW + HOUR).attempt.next_at == NOW + 2 * HOUR


def test_a_payment_pending_for_a_week_has_failed_and_is_canceled() -> None:
    turn = topups.looked_up(after(Pending("pi_1")), Pending("pi_1"), NOW + 7 * DAY)

    assert turn.effect == "failed"
    assert topups.step(turn.attempt, NOW + 7 * DAY) == "cancel"


def test_switching_off_cancels_what_nobody_was_asked_for() -> None:
    canceled = topups.switched_off(new(), NOW)

    assert canceled.status == "canceled"
    assert topups.step(canceled, NOW + DAY) == "rest"


@pytest.mark.parametrize("kept", [asked, lambda: new("manual"), lambda: after(PAID)])
def test_switching_off_leaves_all_others_alone(kept: Callable[[], Attempt]) -> None:
    assert topups.switched_off(kept(), NOW) == kept()


def test_money_taken_for_a_canceled_attempt_is_credited() -> None:
    """It cannot happen; if it does, the money was taken."""
    assert topups.answered(topups.switched_off(new(), NOW), PAID, NOW).effect == "credited"


def test_an_attempt_has_an_id_and_the_times_of_its_account() -> None:
    assert topups.parse_id(new().id) == (7, 3)
    assert topups.parse_id("chg_1") is None
    assert new().by_account(NOW + HOUR) == NOW + 30 * DAY + HOUR
