"""Calendar months of an account, by its own time zone. The zone is handed in."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from msgspec import Struct

from prepaid.domain.instants import Instant, from_datetime, to_datetime
from prepaid.domain.refusals import invalid

Month = int  # 12 * year + month - 1, so that months can be counted

YEAR_MAX = 9000  # the year before the last one that every zone can tell

_TEXT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class Period(Struct, frozen=True):
    """The time of a month: the charges reserved in `[starts, ends)` are its charges."""

    month: Month
    starts: Instant
    ends: Instant


def parse(text: str, field: str) -> Month:
    """The month that `2026-10` names.

    Raises:
        Refusal: 400 naming the field.
    """
    found = _TEXT.fullmatch(text)
    if found is None or not 1970 <= int(found[1]) <= YEAR_MAX:  # noqa: PLR2004 - our first year
        raise invalid(field, "must be a month like 2026-10")
    return int(found[1]) * 12 + int(found[2]) - 1


def text(month: Month) -> str:
    """`2026-10`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_of(instant: Instant, zone: tzinfo) -> Month:
    """The month that a point in time belongs to."""
    local = to_datetime(instant).astimezone(zone)
    return local.year * 12 + local.month - 1


def _start(month: Month, zone: tzinfo) -> Instant:
    local = datetime(month // 12, month % 12 + 1, 1, tzinfo=zone)
    return from_datetime(local.astimezone(UTC))


class Calendar:
    """Where months begin and end: as they were closed, else by the zone.

    Periods tile time. If the zone changes, the first open month begins where the last closed one
    ended, so that no charge falls between two months or into both.
    """

    def __init__(self, closed: Sequence[Period], zone: tzinfo) -> None:
        self._closed = {period.month: period for period in closed}
        self._first = min(self._closed, default=None)
        self._last = max(self._closed, default=None)
        self._zone = zone

    def month_of(self, instant: Instant) -> Month:
        """The month that a point in time belongs to."""
        near = month_of(instant, self._zone)
        for month in (near - 1, near, near + 1):
            period = self.period(month)
            if period.starts <= instant < period.ends:
                return month
        raise AssertionError("the months tile time")

    def is_closed(self, month: Month) -> bool:
        """Whether its statements are final."""
        return month in self._closed

    def period(self, month: Month) -> Period:
        """When the month begins and ends."""
        closed = self._closed.get(month)
        if closed is not None:
            return closed
        starts, ends = _start(month, self._zone), _start(month + 1, self._zone)
        if self._last is not None and month == self._last + 1:
            starts = self._closed[self._last].ends
        if self._first is not None and month == self._first - 1:
            ends = self._closed[self._first].starts
        return Period(month, starts, ends)
