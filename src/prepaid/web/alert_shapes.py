"""What the customer's routes for notifications take and give (guide, "Configuration API")."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT
from prepaid.domain.notifications import Kind
from prepaid.domain.refusals import Refusal, invalid
from prepaid.web.charge_shapes import ChargeRecord
from prepaid.web.shapes import Body, Limit, Moment, Number, Shape

CENTS_MAX = 10**18 // CENT  # beyond any balance
PERIOD = Meta(ge=5, le=43_200)
Payload = Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


class TierBody(Body, frozen=True, kw_only=True):
    """A named threshold."""

    tier: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["warning"])]
    cents: Annotated[int, Meta(ge=0, le=CENTS_MAX)]


LowTiers = Annotated[tuple[TierBody, ...], Meta(min_length=1, max_length=10)]
HighTiers = Annotated[tuple[TierBody, ...], Meta(min_length=1, max_length=5)]
Minutes = Annotated[int, PERIOD]


class ConfigPatch(Body, frozen=True, kw_only=True):
    """Any field that is omitted keeps its persisted value."""

    low_balance_enabled: bool | UnsetType = UNSET
    low_balance_email_enabled: bool | UnsetType = UNSET
    low_balance_webhook_enabled: bool | UnsetType = UNSET
    low_balance_tiers: LowTiers | UnsetType = UNSET
    global_high_usage_enabled: bool | UnsetType = UNSET
    global_high_usage_email_enabled: bool | UnsetType = UNSET
    global_high_usage_webhook_enabled: bool | UnsetType = UNSET
    global_high_usage_period_minutes: Minutes | UnsetType = UNSET
    global_high_usage_tiers: HighTiers | UnsetType = UNSET
    high_usage_enabled: bool | UnsetType = UNSET
    high_usage_email_enabled: bool | UnsetType = UNSET
    high_usage_webhook_enabled: bool | UnsetType = UNSET
    high_usage_period_minutes: Minutes | UnsetType = UNSET
    high_usage_tiers: HighTiers | UnsetType = UNSET
    auto_topup_notifications_enabled: bool | UnsetType = UNSET
    auto_topup_email_enabled: bool | UnsetType = UNSET
    auto_topup_webhook_enabled: bool | UnsetType = UNSET


class OverridePatch(Body, frozen=True, kw_only=True):
    """null inherits, omitted keeps."""

    high_usage_enabled: bool | UnsetType | None = UNSET
    high_usage_email_enabled: bool | UnsetType | None = UNSET
    high_usage_webhook_enabled: bool | UnsetType | None = UNSET
    high_usage_period_minutes: Minutes | UnsetType | None = UNSET
    high_usage_tiers: HighTiers | UnsetType | None = UNSET


class OverrideShape(Shape, frozen=True, kw_only=True):
    """A workspace's own rules; null inherits."""

    id: str
    workspace_id: str
    created_at: Moment
    updated_at: Moment
    high_usage_enabled: bool | None
    high_usage_email_enabled: bool | None
    high_usage_webhook_enabled: bool | None
    high_usage_period_minutes: int | None
    high_usage_tiers: tuple[Tier, ...] | None


class WorkspaceView(Shape, frozen=True, kw_only=True):
    """The account's resolved configuration, and the workspace's own rules."""

    account_config: Config
    workspace_override: OverrideShape | None


class RecentQuery(Body, frozen=True, kw_only=True):
    """Which notifications. `after` is the id of the last one of the page before."""

    limit: Limit = 50
    after: str | None = None
    kind: Kind | None = None
    workspace: str | None = None


class NotificationShape(Shape, frozen=True, kw_only=True):
    """A notification as `recent` lists it."""

    id: str
    kind: Kind
    identifier: str
    account_id: str
    workspace_id: str | None
    dedup_key: str
    fired_at: Moment
    payload: Payload
    email_sent: bool
    webhook_sent: bool


class ExplainShape(Shape, frozen=True, kw_only=True):
    """Why it fired: the charge, and the balance or spend before and after its command."""

    notification: NotificationShape
    charge: ChargeRecord | None
    before_cents: Number
    after_cents: Number


class TierStateShape(Shape, frozen=True, kw_only=True):
    """How one tier stands; `distanceCents` is what is left until its condition is true."""

    tier: str
    cents: int
    armed: bool
    fired_at: Moment | None
    distance_cents: Number
    crossings: int


class ScopeStateShape(Shape, frozen=True, kw_only=True):
    """How the tiers of one scope stand."""

    workspace_id: str | None
    workspace: str | None
    enabled: bool
    period_minutes: int | None  # null for the balance
    value_cents: Number  # the balance, or the spend of the window
    tiers: list[TierStateShape]


class StateShape(Shape, frozen=True, kw_only=True):
    """How every tier of the account stands."""

    now: Moment
    low_balance: ScopeStateShape
    global_high_usage: ScopeStateShape
    high_usage: list[ScopeStateShape]


class PreviewShape(Shape, frozen=True, kw_only=True):
    """What a configuration would have sent."""

    since: Moment
    until: Moment
    notifications: list[Payload]  # payloads, oldest first


def changes(patch: ConfigPatch | OverridePatch) -> dict[str, object]:
    """The fields that were sent, as the domain names and types them.

    Raises:
        Refusal: 400 when a tier's name stands twice in its list.
    """
    found: dict[str, object] = {}
    for name in patch.__struct_fields__:
        value = getattr(patch, name)
        if value is UNSET:
            continue
        found[name] = _tiers(value, name) if isinstance(value, tuple) else value
    return found


def _tiers(bodies: tuple[TierBody, ...], name: str) -> tuple[Tier, ...]:
    head, *rest = name.split("_")
    field = head + "".join(word.title() for word in rest)
    seen: set[str] = set()
    for place, body in enumerate(bodies):
        if body.tier in seen:
            raise _twice(f"{field}[{place}].tier", body.tier)
        seen.add(body.tier)
    return tuple(Tier(body.tier, body.cents) for body in bodies)


def _twice(field: str, tier: str) -> Refusal:
    return invalid(field, f"{tier!r} is in the list twice; names must be unique")
