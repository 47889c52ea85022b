"""Notification rules in words, for the audit log: what was before, and what is now."""

from collections.abc import Mapping

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import CENT
from prepaid.web.dashboard.shown import amount, minutes

_ENDS = {
    "email_enabled": "e-mail",
    "webhook_enabled": "webhook",
    "period_minutes": "window",
    "tiers": "tiers",
    "enabled": "switch",
}


def differing(before: Config | Override, changes: Mapping[str, object]) -> dict[str, object]:
    """The changes that change something."""
    return {name: value for name, value in changes.items() if getattr(before, name) != value}


def told(before: Config | Override, changes: Mapping[str, object]) -> str:
    """`switch: off → on; tiers: warning 1,000.00 → warning 1,000.00, critical 100.00`."""
    lines = [
        f"{_label(name)}: {_said(getattr(before, name))} → {_said(value)}"
        for name, value in changes.items()
    ]
    return "; ".join(lines)


def _label(name: str) -> str:
    return next(words for end, words in _ENDS.items() if name.endswith(end))


def _said(value: object) -> str:
    if value is None:
        return "inherited"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return minutes(value)
    assert isinstance(value, tuple), "switches, minutes and tiers are all there is"
    return ", ".join(map(_tier, value))


def _tier(one: Tier) -> str:
    return f"{one.tier} {amount(one.cents * CENT)}"
