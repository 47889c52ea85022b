"""`billing.workspace_limit.reached`: the first charge that a workspace's spend limit refused."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

LIMIT_REACHED = "billing.workspace_limit.reached"


class LimitReached(Struct, frozen=True, rename="camel"):
    """Payload of `billing.workspace_limit.reached`.

    One of `period` and `periodMinutes` is null, as in the limit itself.
    """

    type: str
    version: str
    account_id: str
    workspace_id: str
    limit_cents: int
    period: Literal["calendar_month"] | None
    period_minutes: int | None
    spent_cents: int | Decimal
    refused_cents: int | Decimal  # what the refused charge would have cost
    frees_at: str | None  # null: no charge of that size can ever pass
    fired_at: str


EXAMPLE = b"""{
  "type": "billing.workspace_limit.reached",
  "version": "1",
  "accountId": "acc_...",
  "workspaceId": "ws_...",
  "limitCents": 50000,
  "period": "calendar_month",
  "periodMinutes": null,
  "spentCents": 49950,
  "refusedCents": 80,
  "freesAt": "2026-05-01T00:00:00.000Z",
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""

EVENT = event_type(
    LIMIT_REACHED,
    "A charge was refused because it would have passed the spend limit of its workspace.",
    LimitReached,
    EXAMPLE,
)
