"""What Stripe sends, as typed values, and what it means here. Makes no requests.

Only the fields that are used are named; whatever else Stripe sends is passed over.
"""

from typing import TypeVar

import msgspec
import stripe
from msgspec import Struct

from prepaid.domain.topups.answers import Declined, Paid, Pending
from prepaid.flows.topups.payments import (
    CardSaved,
    Disputed,
    DisputeWon,
    PaymentFailed,
    PaymentSucceeded,
    ProviderEvent,
    ProviderUnreachable,
    Refunded,
    RefundFailed,
    SavedMethod,
)

KEY = "prepaid_attempt"  # metadata of a payment: the attempt's key
ACCOUNT = "prepaid_account"  # metadata of a payment, a customer, a setup: `acc_…`
TOPUP = "prepaid_topup"  # metadata of a payment: `top_…`, for people who read Stripe's screens
AUTHENTICATION = "authentication_required"
CANCELED = "canceled"

T = TypeVar("T")
_REFUND_EVENTS = frozenset(
    ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
)
_REFUNDS: dict[str, type[Refunded | RefundFailed]] = {
    "succeeded": Refunded,
    "failed": RefundFailed,
    "canceled": RefundFailed,
}
_INQUIRY = "warning_"  # how the states of a dispute begin while the bank only asks
_CLOSED_WELL = frozenset(("won", "warning_closed"))


class _Charge(Struct):
    receipt_url: str | None = None


class Problem(Struct):
    """Why a payment or a request was refused."""

    code: str | None = None
    message: str | None = None
    payment_intent: "Intent | None" = None


class Intent(Struct):
    """A PaymentIntent: one payment, from its request to its end."""

    id: str
    status: str
    metadata: dict[str, str] = {}
    latest_charge: _Charge | str | None = None
    last_payment_error: Problem | None = None


class Page(Struct):
    """A part of a list of payments, newest first."""

    data: list[Intent]
    has_more: bool


class Customer(Struct):
    """A payer."""

    id: str


class Session(Struct):
    """A visit to Stripe's Checkout."""

    url: str


class _Card(Struct):
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None


class Method(Struct):
    """A PaymentMethod; `card` is None for other kinds."""

    id: str
    card: _Card | None = None


class _Refund(Struct):
    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str | None = None


class _Dispute(Struct):
    id: str
    amount: int
    currency: str
    reason: str
    status: str
    payment_intent: str | None = None


class _Setup(Struct):
    customer: str | None = None
    payment_method: str | None = None
    metadata: dict[str, str] = {}


class _Data(Struct):
    object: msgspec.Raw


class Event(Struct):
    """A webhook's body; `data.object` is read by the event's type."""

    id: str
    type: str
    data: _Data


class _Refused(Struct):
    error: Problem


def problem(body: object) -> Problem:
    """Why a request was refused, from the body of the answer; empty when it does not say."""
    try:
        return msgspec.convert(body, _Refused).error
    except msgspec.ValidationError:
        return Problem()


def read(found: object, kind: type[T]) -> T:
    """What the library returned, as one of these values; it returns whatever it was sent.

    Raises:
        ProviderUnreachable: it is nothing of the kind.
    """
    values = found.to_dict() if isinstance(found, stripe.StripeObject) else found
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ProviderUnreachable("unreadable", lost=True) from error


def state_of(intent: Intent) -> Paid | Declined | Pending:
    """What the state of a payment means. A state we do not know is not the end of it."""
    if intent.status == "succeeded":
        return Paid(intent.id, receipt_of(intent))
    if intent.status == "requires_action":
        return Declined(AUTHENTICATION, intent.id)
    if intent.status in {"requires_payment_method", CANCELED} and intent.last_payment_error:
        return Declined(intent.last_payment_error.code or "payment_failed", intent.id)
    if intent.status == CANCELED:
        return Declined(CANCELED, intent.id)
    # requires_payment_method without an error is a payment that is still being made.
    return Pending(intent.id)


def receipt_of(intent: Intent) -> str | None:
    """The page Stripe shows a payer, when it told us of it."""
    charge = intent.latest_charge
    return charge.receipt_url if isinstance(charge, _Charge) else None


def saved_method(method: Method) -> SavedMethod:
    """What a payment method looks like to its owner."""
    card = method.card or _Card()
    return SavedMethod(method.id, card.brand, card.last4, card.exp_month, card.exp_year)


def event_of(event: Event) -> ProviderEvent | None:
    """What an event says; None: nothing that matters here.

    Raises:
        msgspec.ValidationError: its object is not what its type promises.
    """
    if event.type.startswith("payment_intent."):
        return _payment(event, msgspec.json.decode(event.data.object, type=Intent))
    if event.type in _REFUND_EVENTS:
        return _refund(event, msgspec.json.decode(event.data.object, type=_Refund))
    if event.type.startswith("charge.dispute."):
        return _dispute(event, msgspec.json.decode(event.data.object, type=_Dispute))
    if event.type == "setup_intent.succeeded":
        return _setup(event, msgspec.json.decode(event.data.object, type=_Setup))
    return None


def _payment(event: Event, intent: Intent) -> ProviderEvent | None:
    key = intent.metadata.get(KEY)
    if event.type == "payment_intent.succeeded":
        return PaymentSucceeded(event.id, key, intent.id, receipt_of(intent))
    if event.type not in {"payment_intent.payment_failed", "payment_intent.canceled"}:
        return None
    state = state_of(intent)
    return PaymentFailed(
        event.id, key, intent.id, state.code if isinstance(state, Declined) else "payment_failed"
    )


def _refund(event: Event, refund: _Refund) -> ProviderEvent | None:
    kind = _REFUNDS.get(refund.status)  # None: it is pending, and a later event tells how it ended
    if kind is None or refund.payment_intent is None:
        return None
    price, currency = refund.amount, refund.currency.lower()
    return kind(event.id, refund.id, refund.payment_intent, price, currency)


def _dispute(event: Event, dispute: _Dispute) -> ProviderEvent | None:
    payment = dispute.payment_intent
    if payment is None:
        return None
    price, currency = dispute.amount, dispute.currency.lower()
    match event.type.removeprefix("charge.dispute."):
        case "created" if dispute.status.startswith(_INQUIRY):
            return None  # no money has moved; `funds_withdrawn` tells when it does
        case "created" | "funds_withdrawn":
            return Disputed(event.id, dispute.id, payment, price, currency, dispute.reason)
        case "closed" if dispute.status not in _CLOSED_WELL:
            return None
        case "closed" | "funds_reinstated":
            return DisputeWon(event.id, dispute.id, payment, price, currency)
    return None


def _setup(event: Event, setup: _Setup) -> ProviderEvent | None:
    if setup.customer is None or setup.payment_method is None:
        return None
    return CardSaved(event.id, setup.metadata.get(ACCOUNT), setup.customer, setup.payment_method)
