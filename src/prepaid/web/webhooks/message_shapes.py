"""What the routes for messages and their attempts take and give."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Raw

from prepaid.domain import ids
from prepaid.domain.deliveries import head_lines
from prepaid.domain.instants import iso_millis
from prepaid.store.deliveries.outbox import DeliveryRow, MessageRow
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.web.shapes import Body, Limit, Page, Shape

CURSOR_MAX = 100

Standing = Literal["waiting", "sending", "sent", "failed"]


class MessageQuery(Body, frozen=True, kw_only=True):
    """Which messages."""

    limit: Limit = 50
    cursor: Annotated[str, Meta(max_length=CURSOR_MAX)] | None = None
    event_types: Annotated[str, Meta(description="Separated by commas")] | None = None
    after: datetime | None = None
    before: datetime | None = None


class AttemptQuery(Body, frozen=True, kw_only=True):
    """Which attempts."""

    limit: Limit = 50
    cursor: Annotated[str, Meta(max_length=CURSOR_MAX)] | None = None
    outcome: Literal["succeeded", "failed"] | None = None
    status_class: Annotated[int, Meta(ge=1, le=5, description="2: HTTP 200 to 299")] | None = None
    event_types: Annotated[str, Meta(description="Separated by commas")] | None = None
    after: datetime | None = None
    before: datetime | None = None


class MessageShape(Shape, frozen=True, kw_only=True):
    """An event as it is sent."""

    id: str
    event_type: str
    created_at: str
    payload: Raw


class MessagePage(Page, frozen=True, kw_only=True):
    """Messages, newest first."""

    data: list[MessageShape]


class DeliveryShape(Shape, frozen=True, kw_only=True):
    """A message on its way to one endpoint."""

    endpoint_id: str
    status: Standing
    attempts: int
    next_attempt_at: str | None


class TracedShape(MessageShape, frozen=True, kw_only=True):
    """A message and where it goes."""

    deliveries: list[DeliveryShape]


class HeaderShape(Shape, frozen=True, kw_only=True):
    """A header; the same name may come again."""

    name: str
    value: str


class AttemptShape(Shape, frozen=True, kw_only=True):
    """One request and what became of it; its body is the payload of the message.

    `url` and headers are null for attempts of a time when they were not kept.
    """

    id: str
    message_id: str
    endpoint_id: str
    event_type: str
    number: int
    ended_at: str
    succeeded: bool
    failure: str | None  # class of error
    status_code: int | None
    duration_ms: int
    url: str | None
    request_headers: list[HeaderShape] | None  # none: nothing was sent
    response_headers: list[HeaderShape] | None  # the first 4 KiB of them
    response_headers_cut: bool  # there were more
    response: str  # its first 4 KiB, or the error
    address: str | None


class AttemptPage(Page, frozen=True, kw_only=True):
    """Attempts, newest first."""

    data: list[AttemptShape]


class EventTypeShape(Shape, frozen=True, kw_only=True):
    """A kind of event: its JSON schema, and examples."""

    name: str
    description: str
    schema: Raw
    examples: list[Raw]


class EventTypeList(Shape, frozen=True, kw_only=True):
    """Every kind of event."""

    data: list[EventTypeShape]


def message_fields(row: MessageRow) -> dict[str, object]:
    """What both shapes of a message show."""
    return {
        "id": ids.owned("msg", row.account_id, row.number),
        "event_type": row.event_type,
        "created_at": iso_millis(row.created_at),
        "payload": Raw(row.body),
    }


def delivery(account: ids.AccountId, row: DeliveryRow) -> DeliveryShape:
    """Where a message stands with one endpoint."""
    is_sending = row.status == "waiting" and row.is_claimed
    next_at = None if is_sending else row.next_at
    return DeliveryShape(
        endpoint_id=ids.owned("ep", account, row.endpoint),
        status="sending" if is_sending else row.status,  # type: ignore[arg-type] # one of four
        attempts=row.attempts,
        next_attempt_at=None if next_at is None else iso_millis(next_at),
    )


def attempt(row: AttemptRow, event_type: str) -> AttemptShape:
    """An attempt as it is shown."""
    return AttemptShape(
        id=f"{ids.owned('atm', row.account_id, row.message)}{row.endpoint:08x}{row.number:08x}",
        message_id=ids.owned("msg", row.account_id, row.message),
        endpoint_id=ids.owned("ep", row.account_id, row.endpoint),
        event_type=event_type,
        number=row.number,
        ended_at=iso_millis(row.at),
        succeeded=row.failure is None,
        failure=row.failure,
        status_code=row.status,
        duration_ms=row.duration_ms,
        url=row.url,
        request_headers=_headers(row.request_headers),
        response_headers=_headers(row.response_headers),
        response_headers_cut=head_lines.parse(row.response_headers or "").is_cut,
        response=row.excerpt,
        address=row.address,
    )


def _headers(kept: str | None) -> list[HeaderShape] | None:
    if kept is None:
        return None
    return [HeaderShape(name=one.name, value=one.value) for one in head_lines.parse(kept).headers]
