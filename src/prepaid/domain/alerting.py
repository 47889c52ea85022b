"""What an account wants to be told: its notification configuration and workspace overrides."""

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import Micros
from prepaid.domain.instants import MINUTE, Span

WARNING: tuple[Tier, ...] = (Tier("warning", 100_000),)
DAY_MINUTES = 1440

T = TypeVar("T")


class Config(Struct, frozen=True, rename="camel", kw_only=True):
    """The account's configuration, complete. Defaults are the guide's for a new account."""

    low_balance_enabled: bool = False
    low_balance_email_enabled: bool = True
    low_balance_webhook_enabled: bool = True
    low_balance_tiers: tuple[Tier, ...] = WARNING
    global_high_usage_enabled: bool = False
    global_high_usage_email_enabled: bool = True
    global_high_usage_webhook_enabled: bool = True
    global_high_usage_period_minutes: int = DAY_MINUTES
    global_high_usage_tiers: tuple[Tier, ...] = WARNING
    high_usage_enabled: bool = False
    high_usage_email_enabled: bool = True
    high_usage_webhook_enabled: bool = True
    high_usage_period_minutes: int = DAY_MINUTES
    high_usage_tiers: tuple[Tier, ...] = WARNING
    auto_topup_notifications_enabled: bool = False
    auto_topup_email_enabled: bool = True
    auto_topup_webhook_enabled: bool = True


class Override(Struct, frozen=True, rename="camel", kw_only=True):
    """One workspace's own high-usage rules; None inherits the account's."""

    high_usage_enabled: bool | None = None
    high_usage_email_enabled: bool | None = None
    high_usage_webhook_enabled: bool | None = None
    high_usage_period_minutes: int | None = None
    high_usage_tiers: tuple[Tier, ...] | None = None


class Watch(Struct, frozen=True):
    """The effective rules of one pass: what is watched, where it is told, which tiers."""

    enabled: bool
    email: bool
    webhook: bool
    period: Span  # 0 for the balance, which has no window
    tiers: tuple[Tier, ...]
    edge: Micros  # the first tier to be met: no other can be while this one is not

    def differs(self, other: "Watch") -> bool:
        """Whether a switch, the period or a tier is another; the order of a list is no rule."""
        mine, others = sorted(self.tiers, key=_name), sorted(other.tiers, key=_name)
        return mine != others or replace(self, tiers=()) != replace(other, tiers=())


def low_balance(config: Config) -> Watch:
    """The rules for the balance."""
    return Watch(
        config.low_balance_enabled,
        config.low_balance_email_enabled,
        config.low_balance_webhook_enabled,
        0,
        config.low_balance_tiers,
        max(tier.micros for tier in config.low_balance_tiers),
    )


def global_pass(config: Config) -> Watch:
    """The rules for the spend of the whole account; no override touches them."""
    return Watch(
        config.global_high_usage_enabled,
        config.global_high_usage_email_enabled,
        config.global_high_usage_webhook_enabled,
        config.global_high_usage_period_minutes * MINUTE,
        config.global_high_usage_tiers,
        min(tier.micros for tier in config.global_high_usage_tiers),
    )


def workspace_pass(config: Config, override: Override | None) -> Watch:
    """The rules for one workspace: each field that is not null replaces the account's."""
    own = override or Override()
    tiers = _own(own.high_usage_tiers, config.high_usage_tiers)
    minutes = _own(own.high_usage_period_minutes, config.high_usage_period_minutes)
    return Watch(
        _own(own.high_usage_enabled, config.high_usage_enabled),
        _own(own.high_usage_email_enabled, config.high_usage_email_enabled),
        _own(own.high_usage_webhook_enabled, config.high_usage_webhook_enabled),
        minutes * MINUTE,
        tiers,
        min(tier.micros for tier in tiers),
    )


def _name(tier: Tier) -> str:
    return tier.tier


def _own(value: T | None, inherited: T) -> T:
    return inherited if value is None else value
