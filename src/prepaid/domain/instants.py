"""Points in time: integers of microseconds since 1970 UTC, and their forms on the wire."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

Instant = int  # microseconds since 1970-01-01T00:00:00Z
Span = int  # microseconds

SECOND: Span = 1_000_000
MINUTE: Span = 60 * SECOND
HOUR: Span = 60 * MINUTE
DAY: Span = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(instant: Instant) -> datetime:
    """The same point in time as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """Microseconds since 1970 UTC of an aware datetime.

    Raises:
        ValueError: the datetime is naive; we never guess a zone.
    """
    if moment.tzinfo is None:
        msg = "a date-time needs an offset, for example 2026-04-01T00:00:00Z"
        raise ValueError(msg)
    return (moment - _EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def iso_micros(instant: Instant) -> str:
    """`2026-04-14T10:23:45.000123Z`: exact, for records that are compared."""
    seconds, micros = divmod(instant, SECOND)
    return f"{_second(seconds)}.{micros:06d}Z"


def iso_millis(instant: Instant) -> str:
    """`2026-04-14T10:23:45.000Z`: cut to milliseconds (guide, `firedAt`)."""
    seconds, micros = divmod(instant, SECOND)
    return f"{_second(seconds)}.{micros // 1000:03d}Z"


def iso_millis_from(instant: Instant) -> str:
    """The first whole millisecond that is not before it: for a moment from which a thing holds."""
    return iso_millis(-(-instant // 1000) * 1000)


def day_of(instant: Instant) -> int:
    """Number of the UTC day since 1970-01-01."""
    return instant // DAY


@lru_cache(maxsize=1024)
def day_from(instant: Instant) -> int:
    """Number of the first UTC day that begins then or later."""
    return -(-instant // DAY)


def month_of_day(day: int) -> int:
    """Day number of the first day of the month that holds `day`."""
    moment = date(1970, 1, 1) + timedelta(days=day)
    return (moment.replace(day=1) - date(1970, 1, 1)).days


def next_month(day: int) -> int:
    """Day number of the first day of the month after the one that holds `day`."""
    first = date(1970, 1, 1) + timedelta(days=month_of_day(day) + 31)
    return (first.replace(day=1) - date(1970, 1, 1)).days
