"""Tiers that ring once: which have fired and wait to be armed again, and how often each rang.

The same rules serve the balance (a tier is crossed by falling to it) and spend (by rising to it).
"""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.instants import HOUR, Instant, Span

COOL_DOWN: Span = HOUR  # before undone charges may arm a tier again


class Tier(Struct, frozen=True):
    """A named threshold. Credit cents."""

    tier: str
    cents: int

    @property
    def micros(self) -> Micros:
        """The threshold in micro-credits."""
        return self.cents * CENT


class Fired(Struct, frozen=True, array_like=True):
    """A tier that rang and is not armed again yet."""

    tier: str
    cents: int
    at: Instant


class Alarm(Struct):
    """State of the tiers of one scope. A tier with no line in `fired` is armed."""

    fired: list[Fired] = []
    counts: dict[str, int] = {}  # crossings per tier name; never reset

    def is_armed(self, tier: Tier) -> bool:
        """Whether this tier, with these cents, would ring."""
        return not any(f.tier == tier.tier and f.cents == tier.cents for f in self.fired)

    def fire(self, tier: Tier, at: Instant) -> int:
        """Disarm a tier; the number of this crossing, counted per tier name."""
        count = self.counts.get(tier.tier, 0) + 1
        self.counts[tier.tier] = count
        self.fired.append(Fired(tier.tier, tier.cents, at))
        return count

    def arm_where(self, is_over: Callable[[Fired], bool]) -> None:
        """Arm every fired tier whose condition is over."""
        self.fired = [fired for fired in self.fired if not is_over(fired)]

    def keep(self, tiers: Iterable[Tier]) -> None:
        """Forget the state of tiers that are no longer in the list."""
        listed = {(tier.tier, tier.cents) for tier in tiers}
        self.fired = [f for f in self.fired if (f.tier, f.cents) in listed]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Alarm)


def pack(alarm: Alarm) -> bytes | None:
    """The alarm as one column; None when nothing ever fired."""
    return _encode(alarm) if alarm.counts else None


def unpack(data: bytes | None) -> Alarm:
    """The alarm of a column."""
    return Alarm() if data is None else _decoder.decode(data)


def arm_by_credit(alarm: Alarm, balance: Micros) -> None:
    """Credit that leaves the balance above a tier arms it at once."""
    alarm.arm_where(lambda fired: balance > fired.cents * CENT)


def arm_by_time(alarm: Alarm, before: Micros, after: Micros) -> None:
    """Spend that fell below a tier because charges left the window arms it at once."""
    alarm.arm_where(lambda fired: before >= fired.cents * CENT > after)


def arm_by_period(alarm: Alarm, spend: Micros) -> None:
    """A changed window arms every tier that its spend is now below."""
    alarm.arm_where(lambda fired: spend < fired.cents * CENT)


def arm_low_after_cool_down(alarm: Alarm, balance: Micros, now: Instant) -> None:
    """A balance above a tier, by whatever cause, arms it an hour after it rang."""
    alarm.arm_where(lambda f: balance > f.cents * CENT and now - f.at >= COOL_DOWN)


def arm_high_after_cool_down(alarm: Alarm, spend: Micros, now: Instant, period: Span) -> None:
    """Spend below a tier, by whatever cause, arms it an hour (or a period) after it rang."""
    wait = min(COOL_DOWN, period)
    alarm.arm_where(lambda f: spend < f.cents * CENT and now - f.at >= wait)


def fallen(alarm: Alarm, tiers: Iterable[Tier], balance: Micros) -> list[Tier]:
    """Armed tiers at or above the balance, highest first (guide, "drops at or below")."""
    hit = [tier for tier in tiers if balance <= tier.micros and alarm.is_armed(tier)]
    return sorted(hit, key=lambda tier: -tier.cents)


def risen(alarm: Alarm, tiers: Iterable[Tier], spend: Micros) -> list[Tier]:
    """Armed tiers at or below the spend, lowest first (guide, "meets or exceeds")."""
    hit = [tier for tier in tiers if spend >= tier.micros and alarm.is_armed(tier)]
    return sorted(hit, key=lambda tier: tier.cents)
