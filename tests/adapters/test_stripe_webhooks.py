"""Stripe's own events: whose signature counts, and what each one says."""

import time

import msgspec
import pytest
import stripe

from prepaid.adapters.stripe_payments import StripePayments
from prepaid.flows.topups.payments import (
    CardSaved,
    Disputed,
    DisputeWon,
    PaymentFailed,
    PaymentSucceeded,
    ProviderEvent,
    Refunded,
    RefundFailed,
    SignatureRefused,
)

SECRET = "whsec_ours"
KEY = "0" * 31 + "1"
TOLERANCE_S = 300

INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 1_250,
    "status": "succeeded",
    "metadata": {"prepaid_attempt": KEY, "prepaid_account": "acc_07"},
    "latest_charge": "ch_1",
    "last_payment_error": None,
}
DECLINED = INTENT | {
    "status": "requires_payment_method",
    "last_payment_error": {"code": "card_declined", "type": "card_error"},
}
EXPANDED = INTENT | {"latest_charge": {"id": "ch_1", "receipt_url": "https://r.example/1"}}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 250,
    "currency": "EUR",
    "status": "succeeded",
    "payment_intent": "pi_1",
}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1_250,
    "currency": "eur",
    "reason": "fraudulent",
    "status": "needs_response",
    "payment_intent": "pi_1",
}
INQUIRY = DISPUTE | {"status": "warning_needs_response"}
REFUND_FAILED = RefundFailed("evt_1", "re_1", "pi_1", 250, "eur")
DISPUTED = Disputed("evt_1", "dp_1", "pi_1", 1_250, "eur", "fraudulent")
DISPUTE_WON = DisputeWon("evt_1", "dp_1", "pi_1", 1_250, "eur")
SETUP = {
    "id": "seti_1",
    "object": "setup_intent",
    "customer": "cus_1",
    "payment_method": "pm_1",
    "metadata": {"prepaid_account": "acc_07"},
}


@pytest.fixture(scope="module")
def provider() -> StripePayments:
    """It asks nobody anything here, so nothing is opened that would have to be closed."""
    return StripePayments("sk_test_12345", SECRET)


def body_of(kind: str, what: object) -> bytes:
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": what}}
    return msgspec.json.encode(event)


def signature(body: bytes, secret: str = SECRET, age_s: int = 0) -> str:
    """The library takes the time from the machine's clock, so a test has to."""
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, int(time.time()) - age_s
    )
    assert isinstance(header, str)
    return header


@pytest.mark.parametrize(
    ("kind", "what", "event"),
    [
        ("payment_intent.succeeded", INTENT, PaymentSucceeded("evt_1", KEY, "pi_1", None)),
        (
            "payment_intent.succeeded",
            EXPANDED,
            PaymentSucceeded("evt_1", KEY, "pi_1", "https://r.example/1"),
        ),
        (
            "payment_intent.succeeded",
            INTENT | {"metadata": {}},
            PaymentSucceeded("evt_1", None, "pi_1", None),
        ),
        (
            "payment_intent.payment_failed",
            DECLINED,
            PaymentFailed("evt_1", KEY, "pi_1", "card_declined"),
        ),
        (
            "payment_intent.canceled",
            INTENT | {"status": "canceled"},
            PaymentFailed("evt_1", KEY, "pi_1", "canceled"),
        ),
        ("payment_intent.created", INTENT, None),
        ("refund.created", REFUND, Refunded("evt_1", "re_1", "pi_1", 250, "eur")),
        ("charge.refund.updated", REFUND, Refunded("evt_1", "re_1", "pi_1", 250, "eur")),
        ("refund.created", REFUND | {"status": "pending"}, None),
        ("refund.created", REFUND | {"status": "requires_action"}, None),
        ("refund.failed", REFUND | {"status": "failed"}, REFUND_FAILED),
        ("refund.updated", REFUND | {"status": "failed"}, REFUND_FAILED),
        ("charge.refund.updated", REFUND | {"status": "failed"}, REFUND_FAILED),
        ("charge.refund.updated", REFUND | {"status": "canceled"}, REFUND_FAILED),
        ("refund.failed", REFUND | {"status": "failed", "payment_intent": None}, None),
        ("refund.created", REFUND | {"payment_intent": None}, None),
        ("charge.dispute.created", DISPUTE, DISPUTED),
        ("charge.dispute.created", INQUIRY, None),
        ("charge.dispute.funds_withdrawn", DISPUTE, DISPUTED),
        ("charge.dispute.updated", DISPUTE, None),
        ("charge.dispute.updated", DISPUTE | {"status": "won"}, None),
        ("charge.dispute.funds_reinstated", DISPUTE | {"status": "won"}, DISPUTE_WON),
        ("charge.dispute.closed", DISPUTE | {"status": "won"}, DISPUTE_WON),
        ("charge.dispute.closed", INQUIRY | {"status": "warning_closed"}, DISPUTE_WON),
        ("charge.dispute.closed", DISPUTE | {"status": "lost"}, None),
        ("charge.dispute.closed", DISPUTE | {"status": "won", "payment_intent": None}, None),
        ("charge.dispute.created", DISPUTE | {"payment_intent": None}, None),
        ("setup_intent.succeeded", SETUP, CardSaved("evt_1", "acc_07", "cus_1", "pm_1")),
        ("setup_intent.succeeded", SETUP | {"customer": None}, None),
        ("customer.created", {"id": "cus_1"}, None),
    ],
)
def test_a_signed_event_says(
    provider: StripePayments, kind: str, what: object, event: ProviderEvent | None
) -> None:
    body = body_of(kind, what)

    assert provider.parse_webhook(body, signature(body)) == event


def test_another_secret_another_body_or_no_signature_is_refused(provider: StripePayments) -> None:
    body = body_of("payment_intent.succeeded", INTENT)
    other = body_of("payment_intent.succeeded", INTENT | {"id": "pi_2"})

    for wrong in (signature(body, "whsec_theirs"), signature(other), "", "t=1", "é", "t=x,v1=0"):
        with pytest.raises(SignatureRefused):
            provider.parse_webhook(body, wrong)


def test_a_signature_is_good_for_five_minutes(provider: StripePayments) -> None:
    """Who records an event cannot play it again later."""
    body = body_of("payment_intent.succeeded", INTENT)

    assert provider.parse_webhook(body, signature(body, age_s=TOLERANCE_S - 60)) is not None
    with pytest.raises(SignatureRefused, match="tolerance"):
        provider.parse_webhook(body, signature(body, age_s=TOLERANCE_S + 60))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", body_of("refund.created", {"id": 1}), b"nonsense"]
)
def test_what_is_no_event_is_refused(provider: StripePayments, body: bytes) -> None:
    header = signature(body.decode(errors="replace").encode())

    with pytest.raises(SignatureRefused, match="no event of Stripe"):
        provider.parse_webhook(body, header)
