"""Spend limits: how much a workspace may spend within which time, and how it stands.

Knows no account and no charge; `limiting` refuses charges by these.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.instants import (
    DAY,
    HOUR,
    MINUTE,
    Instant,
    Span,
    day_of,
    month_of_day,
    next_month,
)

CALENDAR_MONTH: Final = "calendar_month"
Period = Literal["calendar_month"]
QUIET: Span = HOUR  # at least so long between two tellings of one limit, or one period if shorter
BEYOND: Instant = 2**62  # a frontier ahead of every row: nothing is counted yet


class Limit(Struct, frozen=True):
    """So many credit cents within a rolling period, or within a calendar month of UTC."""

    cents: int
    minutes: int | None  # of the rolling period; None: the calendar month

    @property
    def micros(self) -> Micros:
        """The limit in micro-credits."""
        return self.cents * CENT

    def frontier(self, now: Instant) -> Instant:
        """Charges at or before it do not count any more."""
        if self.minutes is None:
            return month_of_day(day_of(now)) * DAY - 1
        return now - self.minutes * MINUTE

    def leaves(self, at: Instant) -> Instant:
        """The first moment at which a charge of time `at` does not count any more."""
        if self.minutes is None:
            return next_month(day_of(at)) * DAY
        return at + self.minutes * MINUTE

    def is_renewed(self, since: Instant, now: Instant) -> bool:
        """Whether a new month has begun since then."""
        return self.minutes is None and since <= self.frontier(now)

    @property
    def quiet(self) -> Span:
        """How long after a telling nothing is told again within the same month."""
        return QUIET if self.minutes is None else min(QUIET, self.minutes * MINUTE)


class LimitState(Struct, array_like=True):
    """What a workspace has spent within its limit's time, and what was told of refusals."""

    sum: Micros = 0  # of the rows after `tail`
    tail: Instant = BEYOND  # rows at or before it are out
    told_at: Instant | None = None  # None: the next refusal is told
    lowest: Micros = 0  # the smallest spend since then
    count: int = 0  # how often a refusal was told; outlives the limit, never reset

    def add(self, at: Instant, amount: Micros) -> None:
        """Count a change of `amount` that belongs to `at`; behind the frontier it changes nothing.

        Time alone only makes spend smaller, so the smallest is met right beside a change.
        """
        if at > self.tail:
            before = self.sum
            self.sum += amount
            self.lowest = min(self.lowest, before, self.sum)

    def is_news(self, limit: Limit, amount: Micros, now: Instant) -> bool:
        """Whether the refusal of a charge is to be told.

        The first one is, and the first of each month of a monthly limit. Then one of a charge
        for which there has been room since the last telling: spend had fallen, and rose again.
        """
        if self.told_at is None or limit.is_renewed(self.told_at, now):
            return True
        return now - self.told_at >= limit.quiet and self.lowest + amount <= limit.micros

    def tell(self, now: Instant) -> int:
        """Note that a refusal is told; the number of this telling."""
        self.told_at, self.lowest = now, self.sum
        self.count += 1
        return self.count


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(LimitState)


def pack(state: LimitState | None) -> bytes | None:
    """The state as one column; None where there never was a limit."""
    return None if state is None else _encode(state)


def unpack(data: bytes | None) -> LimitState | None:
    """The state of a column."""
    return None if data is None else _decoder.decode(data)


def forgotten(state: LimitState) -> LimitState:
    """The state under another limit, or none: counted afresh when next met, and not told yet."""
    return LimitState(count=state.count)
