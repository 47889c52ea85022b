"""Spend per scope within a time, exact to the microsecond. Knows nothing of tiers.

Spend at `t` over a period P is the sum of the rows with `t - P < at <= t`. The window keeps that
sum and subtracts what it passes, so a step costs the same however long the history is.
"""

from typing import NamedTuple

from msgspec import Struct

from prepaid.domain.alarms import Alarm
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, HOUR, MINUTE, Instant, Span
from prepaid.domain.limits import Limit, LimitState

GLOBAL = 0  # the scope of the whole account; any other scope is a workspace's number
PERIOD_MIN: Span = 5 * MINUTE
PERIOD_MAX: Span = 43_200 * MINUTE
ROWS_KEPT: Span = 31 * DAY  # a row older than this can be in no window


class Window(Struct):
    """Running state of one scope. Rows in `(tail, now]` are in `sum`."""

    account: AccountId
    scope: int
    period: Span
    sum: Micros
    tail: Instant  # the eviction frontier: rows at or before it are out
    head: Instant  # the newest time of any row of the scope; 0 for none
    alarm: Alarm
    limit: LimitState | None = None  # a second frontier over the same rows; None: no limit ever


class Slice(NamedTuple):
    """Rows with `after < at <= until` of one scope, to be summed by the store."""

    account: AccountId
    scope: int
    after: Instant
    until: Instant


class Part(NamedTuple):
    """A piece of a slice: rows with `after < at <= until`, or whole hours `[after, until)`."""

    after: int
    until: int
    is_hours: bool = False


def cut(span: Slice) -> tuple[Part, ...]:
    """A slice as rows at its ends and whole hours between, so a long one stays cheap."""
    first, end = span.after // HOUR + 1, (span.until + 1) // HOUR
    if end - first < 1:
        return (Part(span.after, span.until),)
    return (
        Part(span.after, first * HOUR - 1),
        Part(first, end, is_hours=True),
        Part(end * HOUR - 1, span.until),
    )


def opened(account: AccountId, scope: int, period: Span, now: Instant) -> Window:
    """The window of a scope that has no rows yet."""
    return Window(account, scope, period, 0, now - period, 0, Alarm())


def passed(window: Window, old: Instant, new: Instant) -> Slice | None:
    """The rows whose sum is needed to move the frontier from `old` to `new`.

    None when none is needed: it stays, or every row is behind the new one.
    """
    if new == old or new >= window.head:
        return None
    low, high = sorted((old, new))
    return Slice(window.account, window.scope, low, high)


def move(window: Window, now: Instant, period: Span, between: Micros) -> None:
    """Put the frontier at `now - period`, given the sum of the rows it passes."""
    tail = now - period
    window.sum = _moved(window.sum, window.tail, tail, window.head, between)
    window.tail = tail
    window.period = period


def move_limit(window: Window, now: Instant, limit: Limit, between: Micros) -> None:
    """Put the limit's frontier where it stands now, given the sum of the rows it passes."""
    state, tail = window.limit, limit.frontier(now)
    assert state is not None, "opened before it is moved"
    state.sum = _moved(state.sum, state.tail, tail, window.head, between)
    state.tail = tail


def _moved(total: Micros, old: Instant, new: Instant, head: Instant, between: Micros) -> Micros:
    if new >= head:
        return 0
    return total - between if new > old else total + between  # further back takes rows in again


def add(window: Window, at: Instant, amount: Micros) -> None:
    """Count a change of `amount` that belongs to `at`; behind the frontier it changes nothing."""
    if at > window.tail:
        window.sum += amount
    window.head = max(window.head, at)
    if window.limit is not None:
        window.limit.add(at, amount)
