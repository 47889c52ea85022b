"""`billing.statement.ready`: the statements of a month are final."""

from decimal import Decimal

from msgspec import Struct

from prepaid.domain.events.event_type import event_type

STATEMENT_READY = "billing.statement.ready"


class StatementReady(Struct, frozen=True, rename="camel"):
    """Payload of `billing.statement.ready`. The total is in the account's currency, with tax."""

    type: str
    version: str
    account_id: str
    month: str
    statement_count: int
    total_credits: int | Decimal
    total: int | Decimal
    currency: str
    fired_at: str


EXAMPLE = b"""{
  "type": "billing.statement.ready",
  "version": "1",
  "accountId": "acc_...",
  "month": "2026-10",
  "statementCount": 12,
  "totalCredits": 1840.5,
  "total": 2208.6,
  "currency": "EUR",
  "firedAt": "2026-11-01T00:00:41.000Z"
}"""

EVENT = event_type(
    STATEMENT_READY,
    "The statements of a month are final, by the automatic monthly run.",
    StatementReady,
    EXAMPLE,
)
