"""When a spend limit frees: which row of spend must leave before a refused charge would pass.

Rows are read as far as needed: those of the first hour, then sums of whole hours, then the rows
of the hour that decides. Whoever applies commands reads what is asked for, and applies again.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prepaid.domain.amounts import Micros
from prepaid.domain.instants import HOUR, Instant

ROWS_MAX = 256  # read at a time

Row = tuple[Instant, Micros]


class Wanted(NamedTuple):
    """What to read of one scope: rows with `after < at <= until`, or hours from one to another.

    Rows oldest first, at most `ROWS_MAX`; both ends of the hours are included.
    """

    scope: int
    after: int
    until: int
    is_hours: bool = False


class Unread(Exception):
    """An answer needs rows that nobody has read yet."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class Ladder:
    """Spend of one scope as it was stored before this batch, read as far as somebody asked."""

    def __init__(self, scope: int, tail: Instant) -> None:
        self._scope = scope
        self._tail = tail  # the frontier: rows at or before it are out
        self._hours: dict[int, Micros] | None = None
        self._rows: dict[int, list[Row]] = {}  # by hour, as far as they were read
        self._read: set[int] = set()  # hours of which every row was read

    def keep(self, wanted: Wanted, found: Iterable[Row]) -> None:
        """Take what was read: (hour, sum) of hours, else (time, amount)."""
        rows = list(found)
        if wanted.is_hours:
            self._hours = dict(rows)
            return
        hour = wanted.until // HOUR
        self._rows.setdefault(hour, []).extend(rows)
        if len(rows) < ROWS_MAX:
            self._read.add(hour)

    def decisive(
        self, until: Instant, excess: Micros, pending: Mapping[Instant, Micros]
    ) -> Instant:
        """Time of the row with which at least `excess` has left, once all rows up to it are out.

        Looks at rows up to `until`. `pending` is what this batch has changed since.

        Raises:
            Unread: the store has to be asked first.
        """
        first, last = (self._tail + 1) // HOUR, until // HOUR
        changed = _by_hour(pending)
        left = excess
        for hour in range(first, last + 1):
            if hour != first:  # the frontier cuts through the first one
                micros = self._of_hours(first + 1, last).get(hour, 0) + changed.get(hour, 0)
                if micros < left:
                    left -= micros
                    continue
            for at, amount in self._within(hour, pending):
                left -= amount
                if left <= 0:
                    return at
        raise AssertionError("what was spent is in the rows")

    def _of_hours(self, first: int, last: int) -> dict[int, Micros]:
        if self._hours is None:
            raise Unread(Wanted(self._scope, first, last, is_hours=True))
        return self._hours

    def _within(self, hour: int, pending: Mapping[Instant, Micros]) -> Iterable[Row]:
        """Rows of an hour in order of time; asks for more when those read so far are used up."""
        start, end = max(self._tail, hour * HOUR - 1), (hour + 1) * HOUR - 1
        rows = self._rows.get(hour, [])
        known = end if hour in self._read else rows[-1][0] if rows else start
        merged = dict(rows)
        for at, amount in pending.items():
            if start < at <= known:
                merged[at] = merged.get(at, 0) + amount
        yield from sorted(merged.items())
        if known < end:
            raise Unread(Wanted(self._scope, known, end))


def _by_hour(pending: Mapping[Instant, Micros]) -> dict[int, Micros]:
    hours: dict[int, Micros] = {}
    for at, amount in pending.items():
        hours[at // HOUR] = hours.get(at // HOUR, 0) + amount
    return hours
