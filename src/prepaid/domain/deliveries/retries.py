"""When a delivery is tried again, and when an endpoint that keeps failing is switched off.

Pure rules (design, section 7). Knows neither the wire nor the queue; the clock and the dice are
handed in.
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, Span, from_datetime

JITTER_PERCENT = 10  # a delay is stretched or shrunk by at most this
RETRY_AFTER_MAX: Span = 6 * HOUR  # a receiver may ask for a longer wait; it gets this
LAST_AFTER: Span = 72 * HOUR  # no attempt is made later than this after creation
DISABLE_AFTER: Span = 5 * DAY  # without a success
EXHAUSTED_MIN = 2  # messages given up before an endpoint may be disabled
GONE_MAX = 2  # answers of 410, with no success between, that disable an endpoint
GONE = 410
WARN_AFTER: tuple[Span, ...] = (24 * HOUR, 72 * HOUR)  # without a success: a mail to the owner

_SECONDS = re.compile(r"[0-9]{1,18}", re.ASCII)
_RETRY_AFTER_LENGTH_MAX = 64


class Schedule(Struct, frozen=True):
    """The waits of one channel."""

    delays: tuple[Span, ...]  # delays[n] is waited before attempt n + 1, counted from the last one
    last_after: Span = LAST_AFTER  # since creation

    @property
    def attempts_max(self) -> int:
        """How often a delivery is tried before it is exhausted."""
        return len(self.delays)


WEBHOOKS = Schedule(
    (
        0,
        5 * SECOND,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        20 * HOUR,
    )
)
MAILS = Schedule(
    (
        0,
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        HOUR,
        4 * HOUR,
        12 * HOUR,
        24 * HOUR,
        24 * HOUR,
    )
)


def next_attempt(
    schedule: Schedule,
    *,
    made: int,
    created_at: Instant,
    now: Instant,
    roll: float,
    wait_min: Span = 0,
) -> Instant | None:
    """When a delivery whose attempt has just failed is tried again; None: it is exhausted.

    Args:
        schedule: the channel's waits.
        made: attempts made so far, at least 1.
        created_at: when the delivery, or its replay, was asked for.
        now: when the attempt ended.
        roll: a random number in [0, 1): 0 is the shortest wait, 0.5 the scheduled one.
        wait_min: what the receiver asked for with `Retry-After`, see `retry_after`.

    A wait that would end later than `last_after` is cut, so that the last attempt is made then;
    once that time has come there is none.
    """
    assert made >= 1, "the first attempt is due at creation"
    assert 0 <= roll < 1, "a roll is in [0, 1)"
    last = created_at + schedule.last_after
    if made >= schedule.attempts_max or now >= last:
        return None
    return min(now + max(_jittered(schedule.delays[made], roll), wait_min), last)


def _jittered(delay: Span, roll: float) -> Span:
    swing = delay * JITTER_PERCENT // 100
    return delay - swing + int(2 * swing * roll)


def retry_after(header: str | None, now: Instant) -> Span:
    """The wait that a `Retry-After` header asks for: 0 … 6 h; 0 when absent, past or nonsense.

    Either whole seconds or an HTTP date in any of its three forms (RFC 9110, 10.2.3).
    """
    text = (header or "").strip()
    if not text or len(text) > _RETRY_AFTER_LENGTH_MAX or not text.isascii():
        return 0
    if _SECONDS.fullmatch(text):
        return min(int(text) * SECOND, RETRY_AFTER_MAX)
    try:
        moment = parsedate_to_datetime(text)
        # The form of C's asctime() carries no zone; every HTTP date is in GMT.
        until = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
    return max(0, min(until - now, RETRY_AFTER_MAX))


def directive(header: str | None) -> Literal["disable", "abort-message"] | None:
    """What a receiver asks for with the header `webhook-delivery`; None: nothing that we know.

    `disable` switches the endpoint off; `abort-message` ends the attempts for this message.
    """
    match (header or "").strip().lower():
        case "disable":
            return "disable"
        case "abort-message":
            return "abort-message"
        case _:
            return None


class Health(Struct, frozen=True):
    """How an endpoint has fared since its last success. A new endpoint has the default."""

    failing_since: Instant | None = None  # end of the first failed attempt since then
    exhausted: int = 0  # messages given up since then
    gone: int = 0  # answers of 410 since then
    warned: int = 0  # how many of the times in WARN_AFTER its owner was told of


HEALTHY = Health()


def after_failure(health: Health, now: Instant, *, status: int | None, exhausted: bool) -> Health:
    """The health after an attempt that failed at `now`. After a success it is `HEALTHY`.

    Args:
        health: before the attempt.
        now: when the attempt ended.
        status: the HTTP status answered; None when there was no answer.
        exhausted: it was the message's last attempt.
    """
    return replace(
        health,
        failing_since=now if health.failing_since is None else health.failing_since,
        exhausted=health.exhausted + exhausted,
        gone=health.gone + (status == GONE),
    )


def must_disable(health: Health, now: Instant) -> bool:
    """Whether the endpoint is to be switched off now.

    Either it had no success for 5 days and gave up at least 2 messages, or it answered
    `410 Gone` twice. An idle endpoint is never failing: its time starts with a failed attempt.
    """
    if health.failing_since is None:
        return False
    if health.gone >= GONE_MAX:
        return True
    return health.exhausted >= EXHAUSTED_MIN and now - health.failing_since >= DISABLE_AFTER


def warnings_due(health: Health, now: Instant) -> int:
    """How many warnings its owner should have been sent by now, 0 … 2.

    When it is above `health.warned` one mail is due, and `warned` becomes this number: two
    times that passed unseen make one mail.
    """
    if health.failing_since is None:
        return 0
    return sum(now - health.failing_since >= after for after in WARN_AFTER)


def disable_at(health: Health) -> Instant | None:
    """From when on a failing endpoint may be switched off; None: it is not failing."""
    return None if health.failing_since is None else health.failing_since + DISABLE_AFTER
