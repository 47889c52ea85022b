"""What the operator's routes for charges take and give."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from prepaid.web.shapes import (
    Body,
    Credits,
    Number,
    Quantity,
    Shape,
    Sku,
    TtlSeconds,
    WorkspaceName,
)


class ChargeBody(Body, frozen=True, kw_only=True):
    """`POST /v2/operator/charges`: authorise and reserve, or charge at once."""

    api_key: str | None = None
    account_id: str | None = None
    workspace: WorkspaceName | None = "default"
    sku: Sku
    quantity: Quantity = 1
    credits: Credits | None = None
    settle: bool = False
    ttl_seconds: TtlSeconds = 900
    metadata: dict[str, str] | None = None


class BatchItem(Body, frozen=True, kw_only=True):
    """One charge of a batch: with its own key, and a time when it is an import."""

    api_key: str | None = None
    account_id: str | None = None
    workspace: WorkspaceName | None = "default"
    sku: Sku
    quantity: Quantity = 1
    credits: Credits | None = None
    settle: bool | UnsetType = UNSET
    ttl_seconds: TtlSeconds = 900
    metadata: dict[str, str] | None = None
    idempotency_key: str | None = None
    occurred_at: datetime | None = None


# Each item is parsed by itself, so that a bad one does not spoil the others.
UnparsedItem = Annotated[
    msgspec.Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/BatchItem"})
]


class BatchBody(Body, frozen=True, kw_only=True):
    """`POST /v2/operator/charges/batch`: up to 1 000 charges."""

    charges: list[UnparsedItem]


class SettleBody(Body, frozen=True, kw_only=True):
    """Neither field: as it was held."""

    credits: Credits | None = None
    quantity: Quantity | None = None


class RefundBody(Body, frozen=True, kw_only=True):
    """Omitted: all of it."""

    credits: Credits | None = None


class NoBody(Body, frozen=True, kw_only=True):
    """An empty object."""


class TaggedWorkspace(Shape, frozen=True, kw_only=True):
    """The workspace a request was tagged with."""

    id: str
    name: str
    legal_name: str
    is_default: bool


class ChargeShape(Shape, frozen=True, kw_only=True):
    """A charge right after what was asked."""

    id: str
    account_id: str
    status: str
    sku: str
    quantity: int
    cents: Number
    workspace: TaggedWorkspace | None
    balance_cents: Number
    seq: int
    reserved_at: str
    expires_at: str | None


class ChargeRecord(ChargeShape, frozen=True, kw_only=True):
    """A charge as it is now."""

    held_cents: Number
    refunded_cents: Number
    ended_at: str | None
    metadata: dict[str, str]


ChargeOrError = Annotated[
    Any,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"$ref": "#/components/schemas/ChargeShape"},
                {"$ref": "#/components/schemas/Envelope"},
            ]
        }
    ),
]


class BatchResult(Shape, frozen=True, kw_only=True):
    """One result per item, in order: its status, and the body the single route would answer."""

    status: int
    replayed: bool = False  # the key was used before: nothing was charged again
    body: ChargeOrError


class BatchShape(Shape, frozen=True, kw_only=True):
    """The results of a batch."""

    results: list[BatchResult]
