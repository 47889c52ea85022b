"""Forms of notification rules: as people type them, and the same as the API takes it.

Credits become cents, and a number with its unit minutes; everything else is left to the API's own
shapes, so that both refuse the same things.
"""

from typing import Literal, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from prepaid.domain import misfits
from prepaid.domain.refusals import invalid
from prepaid.web import alert_shapes
from prepaid.web.alert_shapes import ConfigPatch, OverridePatch
from prepaid.web.dashboard import forms
from prepaid.web.dashboard.forms import Credits, Form

P = TypeVar("P", ConfigPatch, OverridePatch)
Unit = Literal["minutes", "hours", "days"]

MINUTES_OF: dict[Unit, int] = {"minutes": 1, "hours": 60, "days": 1_440}
PERIOD_MIN, PERIOD_MAX = 5, 43_200
LOW_TIERS_MAX, HIGH_TIERS_MAX = 10, 5
UNIT = "period_unit"


class TierRow(Form, frozen=True, kw_only=True):
    """A tier as it was typed; what is missing is named by the API's rules."""

    tier: str | None = None
    cents: Credits | None = None


Rows = tuple[TierRow, ...]


class RulesForm(Form, frozen=True, kw_only=True):
    """The configuration's fields; each of the page's forms sends those of its kind."""

    low_balance_enabled: bool | UnsetType = UNSET
    low_balance_email_enabled: bool | UnsetType = UNSET
    low_balance_webhook_enabled: bool | UnsetType = UNSET
    low_balance_tiers: Rows | UnsetType = UNSET
    global_high_usage_enabled: bool | UnsetType = UNSET
    global_high_usage_email_enabled: bool | UnsetType = UNSET
    global_high_usage_webhook_enabled: bool | UnsetType = UNSET
    global_high_usage_period_minutes: int | UnsetType = UNSET
    global_high_usage_tiers: Rows | UnsetType = UNSET
    high_usage_enabled: bool | UnsetType = UNSET
    high_usage_email_enabled: bool | UnsetType = UNSET
    high_usage_webhook_enabled: bool | UnsetType = UNSET
    high_usage_period_minutes: int | UnsetType = UNSET
    high_usage_tiers: Rows | UnsetType = UNSET
    auto_topup_notifications_enabled: bool | UnsetType = UNSET
    auto_topup_email_enabled: bool | UnsetType = UNSET
    auto_topup_webhook_enabled: bool | UnsetType = UNSET
    period_unit: Unit = "minutes"


class OverrideForm(Form, frozen=True, kw_only=True):
    """A workspace's own rules; what is left blank is inherited."""

    high_usage_enabled: bool | None = None
    high_usage_email_enabled: bool | None = None
    high_usage_webhook_enabled: bool | None = None
    high_usage_period_minutes: int | None = None
    high_usage_tiers: Rows | None = None
    period_unit: Unit = "minutes"


class Period(NamedTuple):
    """A length of time as it is shown in a form: in the largest unit that divides it."""

    amount: int
    unit: Unit


def period(minutes: int) -> Period:
    """The number and the unit for so many minutes."""
    units: tuple[Unit, ...] = ("days", "hours", "minutes")
    unit = next(unit for unit in units if minutes % MINUTES_OF[unit] == 0)
    return Period(minutes // MINUTES_OF[unit], unit)


def changes(form: RulesForm | OverrideForm, patch: type[P]) -> dict[str, object]:
    """What the form asks for, as the domain names and types it.

    Raises:
        Refusal: 400 naming the field.
    """
    said: dict[str, object] = {}
    for field in msgspec.structs.fields(form):
        value = getattr(form, field.name)
        if value is UNSET or field.name == UNIT:
            continue
        if field.name.endswith("_period_minutes") and value is not None:
            value = _minutes(value, form.period_unit, field.encode_name)
        elif field.name.endswith("_tiers") and value is not None:
            value = [_row(row) for row in value]
        said[field.encode_name] = value
    try:
        return alert_shapes.changes(msgspec.convert(said, patch))
    except msgspec.ValidationError as error:
        raise forms.for_people(misfits.refusal(error, patch)) from error


def _minutes(amount: int, unit: Unit, field: str) -> int:
    minutes = amount * MINUTES_OF[unit]
    if not PERIOD_MIN <= minutes <= PERIOD_MAX:
        raise invalid(field, "must be 5 minutes to 30 days")
    return minutes


def _row(row: TierRow) -> dict[str, object]:
    found: dict[str, object] = {}
    if row.tier is not None:
        found["tier"] = row.tier.strip()
    if row.cents is not None:
        found["cents"] = int(row.cents)
    return found
