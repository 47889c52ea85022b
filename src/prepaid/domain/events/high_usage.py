"""`billing.high_usage.triggered`, as the guide shows it ("Webhook event types")."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

HIGH_USAGE = "billing.high_usage.triggered"


class HighUsage(Struct, frozen=True, rename="camel"):
    """Payload of `billing.high_usage.triggered`."""

    type: str
    version: str
    account_id: str
    scope: Literal["workspace", "global"]
    workspace_id: str | None
    tier: str
    period_minutes: int
    period_spend_cents: int | Decimal
    threshold_cents: int
    balance_cents: int | Decimal
    fired_at: str


OF_A_WORKSPACE = b"""{
  "type": "billing.high_usage.triggered",
  "version": "1",
  "accountId": "acc_...",
  "scope": "workspace",
  "workspaceId": "ws_...",
  "tier": "warning",
  "periodMinutes": 60,
  "periodSpendCents": 2300,
  "thresholdCents": 2000,
  "balanceCents": 87000,
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""
OF_THE_ACCOUNT = b"""{
  "type": "billing.high_usage.triggered",
  "version": "1",
  "accountId": "acc_...",
  "scope": "global",
  "workspaceId": null,
  "tier": "critical",
  "periodMinutes": 60,
  "periodSpendCents": 61000,
  "thresholdCents": 50000,
  "balanceCents": 200000,
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""

EVENT = event_type(
    HIGH_USAGE,
    "Spend in the rolling period of a workspace, or of the whole account, reached a tier.",
    HighUsage,
    OF_A_WORKSPACE,
    OF_THE_ACCOUNT,
)
