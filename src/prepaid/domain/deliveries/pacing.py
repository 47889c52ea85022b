"""An endpoint's throttle: when the next request to it may begin. Knows no queue."""

from prepaid.domain.instants import SECOND, Instant, Span

AHEAD: Span = SECOND  # how far into the future requests are given their time


def begins(next_at: Instant | None, now: Instant, rate: int, count: int) -> list[Instant]:
    """The times at which `count` more requests may begin, evenly spread.

    Args:
        next_at: no request begins before; None: none was ever throttled.
        now: by the clock of leases.
        rate: requests per second at most.
        count: how many.
    """
    first = max(now, next_at or 0)
    return [first + place * _gap(rate) for place in range(count)]


def after(times: list[Instant], rate: int) -> Instant:
    """Before this time no further request begins; `times`: those given so far, at least one."""
    return times[-1] + _gap(rate)


def is_full(next_at: Instant | None, now: Instant) -> bool:
    """Whether the near future is taken, so that asking for more now is too early."""
    return next_at is not None and next_at > now + AHEAD


def _gap(rate: int) -> Span:
    return -(-SECOND // rate)  # rounded up: never more than was allowed
