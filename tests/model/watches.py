"""Which rules are in force where: the account's configuration with a workspace's own laid over.

Knows nothing of money, nor of what has fired.
"""

from dataclasses import dataclass

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.ids import WorkspaceNumber
from prepaid.domain.instants import HOUR, MINUTE, Span
from tests.model.facts import GLOBAL, HIGH_USAGE, LOW_BALANCE, TierKey

COOL_DOWN: Span = HOUR  # high usage: the period, where that is shorter


@dataclass(frozen=True)
class Watch:
    """The rules in force for the balance, the whole account's spend or one workspace's."""

    kind: str
    scope: WorkspaceNumber
    switches: tuple[bool, bool, bool]  # master, email, webhook
    minutes: int | None  # None: the balance has no period
    tiers: tuple[Tier, ...]

    @property
    def place(self) -> tuple[str, WorkspaceNumber]:
        """What is watched, whatever the rules are."""
        return self.kind, self.scope

    @property
    def period(self) -> Span:
        return (self.minutes or 0) * MINUTE

    @property
    def cool_down(self) -> Span:
        return COOL_DOWN if self.minutes is None else min(COOL_DOWN, self.period)

    def key(self, tier: Tier) -> TierKey:
        return TierKey(self.kind, self.scope, tier.tier, tier.cents)

    def in_firing_order(self) -> list[Tier]:
        """The balance falls, so its highest tier is met first; spend rises, its lowest.

        Tiers of the same cents keep the order of the list.
        """
        sign = -1 if self.kind == LOW_BALANCE else 1
        return sorted(self.tiers, key=lambda tier: sign * tier.cents)

    def rules(self) -> tuple[object, ...]:
        """Equal when tiers, period and switches are; the order of a tier list is no rule."""
        return self.switches, self.minutes, frozenset(self.tiers)


def on_balance(config: Config) -> Watch:
    """Low balance is the account's alone."""
    switches = (
        config.low_balance_enabled,
        config.low_balance_email_enabled,
        config.low_balance_webhook_enabled,
    )
    return Watch(LOW_BALANCE, GLOBAL, switches, None, config.low_balance_tiers)


def on_account(config: Config) -> Watch:
    """The global pass never looks at an override."""
    switches = (
        config.global_high_usage_enabled,
        config.global_high_usage_email_enabled,
        config.global_high_usage_webhook_enabled,
    )
    minutes = config.global_high_usage_period_minutes
    return Watch(HIGH_USAGE, GLOBAL, switches, minutes, config.global_high_usage_tiers)


def on_workspace(config: Config, override: Override | None, number: WorkspaceNumber) -> Watch:
    """Each field of the override that is not null replaces the account's default."""
    enabled, email, webhook = (
        config.high_usage_enabled,
        config.high_usage_email_enabled,
        config.high_usage_webhook_enabled,
    )
    minutes, tiers = config.high_usage_period_minutes, config.high_usage_tiers
    if override is not None:
        if override.high_usage_enabled is not None:
            enabled = override.high_usage_enabled
        if override.high_usage_email_enabled is not None:
            email = override.high_usage_email_enabled
        if override.high_usage_webhook_enabled is not None:
            webhook = override.high_usage_webhook_enabled
        if override.high_usage_period_minutes is not None:
            minutes = override.high_usage_period_minutes
        if override.high_usage_tiers is not None:
            tiers = override.high_usage_tiers
    return Watch(HIGH_USAGE, number, (enabled, email, webhook), minutes, tiers)
