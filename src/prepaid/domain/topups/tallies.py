"""How much of the caps of auto top-up is used, for people. The rule is in `topup_caps`."""

from typing import Literal

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.instants import DAY, Instant, next_month
from prepaid.domain.topups.caps import AutoTopup, Tally, cap


class Used(Struct, frozen=True):
    """What automatic attempts have used of this day and this month, by the account's clock."""

    attempts: int  # opened today
    day_ends: Instant
    amount: Micros  # opened for this month
    month_ends: Instant
    reached: Literal["day_cap", "month_cap"] | None  # the cap that forbids the next attempt


def used(auto: AutoTopup, tally: Tally, now: Instant) -> Used:
    """The tally that the rule goes by, with when each part of it begins anew."""
    current = tally.at(now)
    verdict = cap(auto, current)
    return Used(
        attempts=current.attempts,
        day_ends=(current.day + 1) * DAY,
        amount=current.amount,
        month_ends=next_month(current.day) * DAY,
        reached=verdict if verdict in ("day_cap", "month_cap") else None,
    )
