"""What the routes of top-ups and payment methods take and give."""

from typing import Annotated, Literal

from msgspec import Meta

from prepaid.domain.amounts import cents
from prepaid.domain.instants import Instant, iso_millis
from prepaid.domain.topups.caps import AutoTopup, PaymentMethod
from prepaid.domain.topups.state import Event
from prepaid.domain.topups.topup import Attempt
from prepaid.web.shapes import Body, Limit, Number, Page, Shape


class AutoTopupSettings(Shape, frozen=True, kw_only=True):
    """What the account wants of auto top-up. Credit cents."""

    enabled: bool
    threshold_in_credit_cents: Number
    amount_in_credit_cents: Number
    max_per_day: int
    max_per_month_in_credit_cents: Number | None  # null: no limit
    failed_at: str | None  # a top-up failed then; enabling needs a newer payment method


class MethodBody(Body, frozen=True, kw_only=True):
    """The card to pay with, by the provider's reference."""

    payment_method: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_]{1,100}\Z", examples=["pm_card_visa"])
    ]


class MethodShape(Shape, frozen=True, kw_only=True):
    """The card the account pays with."""

    payment_method: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    updated_at: str


class SetupBody(Body, frozen=True, kw_only=True):
    """Where the provider's page leads back to."""

    back_url: Annotated[
        str,
        Meta(pattern=r"^https?://[\x21-\x7e]{1,1900}\Z", examples=["https://shop.example/billing"]),
    ]


class SetupShape(Shape, frozen=True, kw_only=True):
    """A page of the provider on which a card is entered."""

    url: str


class TopupBody(Body, frozen=True, kw_only=True):
    """Credit to buy. Credit cents."""

    amount_in_credit_cents: Annotated[int, Meta(ge=100, le=10**11)]


class TopupQuery(Body, frozen=True, kw_only=True):
    """Which page."""

    limit: Limit = 50
    cursor: str | None = None


class TopupShape(Shape, frozen=True, kw_only=True):
    """One purchase of credit."""

    id: str
    kind: Literal["auto", "manual"]
    status: Literal["open", "unknown", "succeeded", "failed", "canceled"]
    amount_in_credit_cents: Number
    price: int  # minor units of the currency
    currency: str
    payment_method: str
    payment_intent_id: str | None
    receipt_url: str | None
    error_message: str | None
    created_at: str
    ended_at: str | None


class EventShape(Shape, frozen=True, kw_only=True):
    """What happened to a top-up."""

    at: str
    what: str
    detail: str | None


class TopupView(TopupShape, frozen=True, kw_only=True):
    """One purchase of credit, with its history."""

    history: list[EventShape]


class TopupPage(Page, frozen=True, kw_only=True):
    """Top-ups, newest first."""

    data: list[TopupShape]


def settings(auto: AutoTopup) -> AutoTopupSettings:
    """Auto top-up for the wire."""
    most = auto.per_month_max
    return AutoTopupSettings(
        enabled=auto.enabled,
        threshold_in_credit_cents=cents(auto.threshold),
        amount_in_credit_cents=cents(auto.amount),
        max_per_day=auto.per_day_max,
        max_per_month_in_credit_cents=None if most is None else cents(most),
        failed_at=_time(auto.failed_at),
    )


def method(found: PaymentMethod) -> MethodShape:
    """A card for the wire."""
    return MethodShape(
        payment_method=found.reference,
        brand=found.brand,
        last4=found.last4,
        exp_month=found.exp_month,
        exp_year=found.exp_year,
        updated_at=iso_millis(found.updated_at),
    )


def topup(attempt: Attempt) -> TopupShape:
    """A top-up for the wire; its times are the account's."""
    return TopupShape(**_fields(attempt))  # type: ignore[arg-type]


def view(attempt: Attempt, history: list[Event]) -> TopupView:
    """A top-up with its history."""
    events = [
        EventShape(at=iso_millis(one.at), what=one.what, detail=one.detail) for one in history
    ]
    return TopupView(history=events, **_fields(attempt))  # type: ignore[arg-type]


def _fields(attempt: Attempt) -> dict[str, object]:
    ended = attempt.ended_at
    return {
        "id": attempt.id,
        "kind": attempt.kind,
        "status": attempt.status,
        "amount_in_credit_cents": cents(attempt.amount),
        "price": attempt.price,
        "currency": attempt.currency.upper(),
        "payment_method": attempt.method,
        "payment_intent_id": attempt.payment,
        "receipt_url": attempt.receipt_url,
        "error_message": attempt.error,
        "created_at": iso_millis(attempt.opened_at),
        "ended_at": None if ended is None else iso_millis(attempt.by_account(ended)),
    }


def _time(at: Instant | None) -> str | None:
    return None if at is None else iso_millis(at)
