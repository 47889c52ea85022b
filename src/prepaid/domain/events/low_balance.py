"""`billing.low_balance.triggered`, as the guide shows it ("Webhook event types")."""

from decimal import Decimal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

LOW_BALANCE = "billing.low_balance.triggered"


class LowBalance(Struct, frozen=True, rename="camel"):
    """Payload of `billing.low_balance.triggered`."""

    type: str
    version: str
    account_id: str
    tier: str
    balance_cents: int | Decimal
    threshold_cents: int
    auto_topup_enabled: bool
    fired_at: str


EXAMPLE = b"""{
  "type": "billing.low_balance.triggered",
  "version": "1",
  "accountId": "acc_...",
  "tier": "warning",
  "balanceCents": 4523,
  "thresholdCents": 5000,
  "autoTopupEnabled": true,
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""

EVENT = event_type(
    LOW_BALANCE,
    "The balance fell to a tier's threshold or below.",
    LowBalance,
    EXAMPLE,
)
