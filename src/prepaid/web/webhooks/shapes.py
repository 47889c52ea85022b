"""What the routes for webhook endpoints take and give."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from prepaid.domain import ids
from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.instants import iso_millis
from prepaid.flows.deliveries.endpoints import Shown
from prepaid.web.shapes import Body, Shape

OVERLAP_MAX_S = 7 * 86_400

Url = Annotated[str, Meta(min_length=1, max_length=rules.URL_LENGTH_MAX)]
Description = Annotated[str, Meta(max_length=rules.DESCRIPTION_LENGTH_MAX)]
EventTypes = Annotated[
    tuple[str, ...], Meta(min_length=1, max_length=50, description="null: every type")
]
Rate = Annotated[
    int,
    Meta(ge=1, le=rules.THROTTLE_RATE_MAX, description="Messages per second, over all processes"),
]
Headers = Annotated[dict[str, str], Meta(max_length=rules.HEADERS_MAX)]
SecretText = Annotated[str, Meta(pattern=r"^whsec_[A-Za-z0-9+/]{32,88}={0,2}\Z")]
Reason = Literal["failing", "gone", "asked"]


class EndpointBody(Body, frozen=True, kw_only=True):
    """A new endpoint."""

    url: Url
    description: Description = ""
    event_types: EventTypes | None = None
    disabled: bool = False
    headers: Headers = field(default_factory=dict)
    throttle_rate: Rate | None = None
    secret: SecretText | None = None


class EndpointPatch(Body, frozen=True, kw_only=True):
    """Omitted fields keep their value."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    event_types: EventTypes | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    throttle_rate: Rate | UnsetType | None = UNSET


class EndpointShape(Shape, frozen=True, kw_only=True):
    """An endpoint. The values of its own headers are secrets and are not shown."""

    id: str
    url: str
    description: str
    event_types: tuple[str, ...] | None
    disabled: bool
    disabled_reason: Reason | None  # why the service has switched it off
    header_names: tuple[str, ...]
    throttle_rate: int | None
    failing_since: str | None  # the first failure after the last success
    created_at: str
    updated_at: str


class EndpointList(Shape, frozen=True, kw_only=True):
    """Every endpoint of the account, oldest first."""

    data: list[EndpointShape]


class OldSecret(Shape, frozen=True, kw_only=True):
    """A secret that was rotated away and still signs."""

    secret: str
    expires_at: str


class SecretShape(Shape, frozen=True, kw_only=True):
    """What verifies the endpoint's webhooks."""

    secret: str
    overlapping: list[OldSecret]


class RotateBody(Body, frozen=True, kw_only=True):
    """A new secret, made when none is given."""

    secret: SecretText | None = None
    overlap_seconds: Annotated[int, Meta(ge=0, le=OVERLAP_MAX_S)] = 86_400


class ExampleBody(Body, frozen=True, kw_only=True):
    """Which example."""

    event_type: str


class SentShape(Shape, frozen=True, kw_only=True):
    """The message that was made."""

    message_id: str


class RecoverBody(Body, frozen=True, kw_only=True):
    """From when on."""

    since: datetime


class RecoverShape(Shape, frozen=True, kw_only=True):
    """How many messages are sent again. `hasMore`: call again for the rest."""

    messages: int
    has_more: bool


class StatsQuery(Body, frozen=True, kw_only=True):
    """From when on; without it all that is kept."""

    since: datetime | None = None


class StatsShape(Shape, frozen=True, kw_only=True):
    """Deliveries by where they stand. `waiting` stops at 10 000."""

    waiting: int
    sent: int  # this and the next: of the newest 10 000
    failed: int
    has_more: bool  # there are older ones, which were not counted


def endpoint(shown: Shown) -> EndpointShape:
    """An endpoint as it is shown."""
    row = shown.row
    since = row.failing_since
    return EndpointShape(
        id=ids.owned("ep", row.account_id, row.number),
        url=row.url,
        description=row.description,
        event_types=row.event_types,
        disabled=row.disabled,
        disabled_reason=row.disabled_reason,  # type: ignore[arg-type] # one of the three
        header_names=shown.headers,
        throttle_rate=row.throttle_rate,
        failing_since=None if since is None else iso_millis(since),
        created_at=iso_millis(row.created_at),
        updated_at=iso_millis(row.updated_at),
    )
