"""The event types an endpoint may receive: what each means, its JSON schema, and examples.

The billing examples are the guide's, byte for byte ("Webhook event types"). Knows no delivery.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from prepaid.domain import topup_events
from prepaid.domain.company import answers
from prepaid.domain.company.answers import RequestView
from prepaid.domain.notifications import HIGH_USAGE, LOW_BALANCE, HighUsage, LowBalance

COMPANY_UPDATED = answers.EVENT
TOPUP_SUCCEEDED = topup_events.SUCCEEDED
TOPUP_FAILED = topup_events.FAILED


Data = Annotated[object, Meta(extra_json_schema={"description": "As the register says it"})]


class CompanyUpdated(Struct, frozen=True):
    """Payload of `company.updated`: the answer of `/v2/company` plus `type`.

    Beside `request` it has the data that was delivered, each under its own name.
    """

    type: str
    request: RequestView
    company: dict[str, Data] | UnsetType = UNSET


class EventType(Struct, frozen=True):
    """One kind of event."""

    name: str
    description: str
    schema: bytes  # JSON Schema 2020-12 of the payload
    examples: tuple[bytes, ...]  # payloads as the guide prints them, indented; the first is sent

    @property
    def body(self) -> bytes:
        """The first example as it is sent: the same keys and values in the same order, compact."""
        return msgspec.json.format(self.examples[0], indent=-1)


_COMPANY_UPDATED = b"""{
  "type": "company.updated",
  "request": {
    "requestId": "253299d1-e8d0-4268-945b-f175f98bc114",
    "companyId": "932884117",
    "countryCode": "FR",
    "dataPoints": ["company"],
    "dataStatus": {
      "dataPoints": {
        "company": {
          "status": "succeeded",
          "cost": 0.5
        }
      },
      "documents": {}
    },
    "metadata": {},
    "workspace": {
      "id": "ws_...",
      "name": "client-a",
      "legalName": "Client A SAS",
      "isDefault": false
    }
  },
  "company": {
    "id": "932884117",
    "countryCode": "FR",
    "legalName": "Client A SAS"
  }
}"""
_LOW_BALANCE = b"""{
  "type": "billing.low_balance.triggered",
  "version": "1",
  "accountId": "acc_...",
  "tier": "warning",
  "balanceCents": 4523,
  "thresholdCents": 5000,
  "autoTopupEnabled": true,
  "firedAt": "2026-04-14T10:23:45.000Z"
}"""
_WORKSPACE_USAGE = b"""{
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
_GLOBAL_USAGE = b"""{
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
_TOPUP_SUCCEEDED = b"""{
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
_TOPUP_FAILED = b"""{
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


_DECIMAL = b'"anyOf":[{"type":"integer"},{"type":"string","format":"decimal"}]'


def _event(name: str, description: str, payload: type[Struct], *examples: bytes) -> EventType:
    schema = msgspec.json.encode(msgspec.json.schema(payload))
    # Cents are JSON numbers on the wire; the library would call an exact decimal a string.
    return EventType(name, description, schema.replace(_DECIMAL, b'"type":"number"'), examples)


CATALOGUE: tuple[EventType, ...] = (
    _event(
        COMPANY_UPDATED,
        "The result of a billable request has new data.",
        CompanyUpdated,
        _COMPANY_UPDATED,
    ),
    _event(
        LOW_BALANCE,
        "The balance fell to a tier's threshold or below.",
        LowBalance,
        _LOW_BALANCE,
    ),
    _event(
        HIGH_USAGE,
        "Spend in the rolling period of a workspace, or of the whole account, reached a tier.",
        HighUsage,
        _WORKSPACE_USAGE,
        _GLOBAL_USAGE,
    ),
    _event(
        TOPUP_SUCCEEDED,
        "An automatic top-up was paid and credited.",
        topup_events.Succeeded,
        _TOPUP_SUCCEEDED,
    ),
    _event(
        TOPUP_FAILED,
        "An automatic top-up failed and auto top-up was switched off.",
        topup_events.Failed,
        _TOPUP_FAILED,
    ),
)
BY_NAME: dict[str, EventType] = {event.name: event for event in CATALOGUE}
