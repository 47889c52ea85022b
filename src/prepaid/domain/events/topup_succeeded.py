"""`billing.auto_topup.succeeded`, as the guide shows it ("Webhook event types")."""

from decimal import Decimal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

TOPUP_SUCCEEDED = "billing.auto_topup.succeeded"


class TopupSucceeded(Struct, frozen=True, rename="camel"):
    """Payload of `billing.auto_topup.succeeded`."""

    type: str
    version: str
    account_id: str
    amount_cents: int | Decimal
    previous_balance_cents: int | Decimal
    new_balance_cents: int | Decimal
    threshold_cents: int | Decimal
    payment_intent_id: str
    fired_at: str


EXAMPLE = b"""{
  "type": "billing.auto_topup.succeeded",
  "version": "1",
  "accountId": "acc_...",
  "amountCents": 10000,
  "previousBalanceCents": 350,
  "newBalanceCents": 10350,
  "thresholdCents": 5000,
  "paymentIntentId": "pi_...",
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""

EVENT = event_type(
    TOPUP_SUCCEEDED,
    "An automatic top-up was paid and credited.",
    TopupSucceeded,
    EXAMPLE,
)
