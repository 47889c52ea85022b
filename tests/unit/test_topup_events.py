"""What an account is told of a top-up, byte for byte."""

import pytest
from msgspec.structs import replace

from prepaid.domain import ids
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT
from prepaid.domain.instants import Instant
from prepaid.domain.notifications import Cause
from prepaid.domain.topups import events as topup_events
from prepaid.domain.topups.topup import Attempt

AT: Instant = 1_776_162_225_000_123
ON = Config(auto_topup_notifications_enabled=True)
CAUSE = Cause(7, 12, 0, AT, None, 350 * CENT, 10_350 * CENT, 10_350 * CENT)
ATTEMPT = Attempt(
    account=7,
    number=3,
    key="0" * 32,
    kind="auto",
    amount=10_000 * CENT,
    price=10_000,
    currency="eur",
    customer="cus_1",
    method="pm_1",
    opened_at=AT,
    created_at=AT,
)
PAID = replace(ATTEMPT, status="succeeded", payment="pi_1")
FAILED = replace(ATTEMPT, status="failed", error="card_declined")
FAILURE = replace(CAUSE, before=350 * CENT, after=350 * CENT, balance=350 * CENT)

# The guide's examples without their blanks, with ids of ours and the date of `AT`.
SUCCEEDED_BODY = (
    '{"type":"billing.auto_topup.succeeded","version":"1","accountId":"acc_0000000000000007",'
    '"amountCents":10000,"previousBalanceCents":350,"newBalanceCents":10350,'
    '"thresholdCents":5000,"paymentIntentId":"pi_1","firedAt":"2026-04-14T10:23:45.000Z"}'
)
FAILED_BODY = (
    '{"type":"billing.auto_topup.failed","version":"1","accountId":"acc_0000000000000007",'
    '"attemptedAmountCents":10000,"currentBalanceCents":350,"errorMessage":"card_declined",'
    '"paymentIntentId":null,"autoTopupDisabled":true,"firedAt":"2026-04-14T10:23:45.000Z"}'
)


def test_a_success_is_told_as_the_guide_shows() -> None:
    told = topup_events.succeeded(CAUSE, PAID, 5_000 * CENT, ON)

    assert told is not None
    assert told.payload.decode() == SUCCEEDED_BODY
    assert told.event_type == "billing.auto_topup.succeeded"
    assert (told.kind, told.identifier) == ("auto_topup", "succeeded")
    assert told.dedup_key == f"auto_topup:succeeded:{ids.owned('top', 7, 3)}"
    assert (told.seq, told.before, told.after) == (12, 350 * CENT, 10_350 * CENT)


def test_a_failure_is_told_as_the_guide_shows() -> None:
    told = topup_events.failed(FAILURE, FAILED, ON)

    assert told is not None
    assert told.payload.decode() == FAILED_BODY
    assert told.identifier == "failed"


def test_numbers_that_are_not_whole_are_exact() -> None:
    cause = replace(CAUSE, before=1, after=10_000 * CENT + 1)
    told = topup_events.succeeded(cause, PAID, 0, ON)

    assert told is not None
    assert b'"previousBalanceCents":0.0001,"newBalanceCents":10000.0001,' in told.payload


def test_a_payment_that_failed_late_is_named() -> None:
    told = topup_events.failed(FAILURE, replace(FAILED, payment="pi_9"), ON)

    assert told is not None
    assert b'"paymentIntentId":"pi_9"' in told.payload


@pytest.mark.parametrize(
    ("email", "webhook"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_the_channels_are_those_switched_on(email: bool, webhook: bool) -> None:
    config = Config(
        auto_topup_notifications_enabled=True,
        auto_topup_email_enabled=email,
        auto_topup_webhook_enabled=webhook,
    )
    told = topup_events.failed(FAILURE, FAILED, config)

    assert told is not None
    assert (told.email, told.webhook) == (email, webhook)


def test_nothing_is_told_by_hand_or_while_switched_off() -> None:
    assert topup_events.succeeded(CAUSE, replace(PAID, kind="manual"), 0, ON) is None
    assert topup_events.failed(FAILURE, replace(FAILED, kind="manual"), ON) is None
    assert topup_events.succeeded(CAUSE, PAID, 0, Config()) is None
    assert topup_events.failed(FAILURE, FAILED, Config()) is None
