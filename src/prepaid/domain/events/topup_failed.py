"""`billing.auto_topup.failed`, as the guide shows it ("Webhook event types")."""

from decimal import Decimal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

TOPUP_FAILED = "billing.auto_topup.failed"


class TopupFailed(Struct, frozen=True, rename="camel"):
    """Payload of `billing.auto_topup.failed`."""

    type: str
    version: str
    account_id: str
    attempted_amount_cents: int | Decimal
    current_balance_cents: int | Decimal
    error_message: str
    payment_intent_id: str | None
    auto_topup_disabled: bool
    fired_at: str


EXAMPLE = b"""{
  "type": "billing.auto_topup.failed",
  "version": "1",
  "accountId": "acc_...",
  "attemptedAmountCents": 10000,
  "currentBalanceCents": 350,
  "errorMessage": "card_declined",
  "paymentIntentId": null,
  "autoTopupDisabled": true,
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""

EVENT = event_type(
    TOPUP_FAILED,
    "An automatic top-up failed and auto top-up was switched off.",
    TopupFailed,
    EXAMPLE,
)
