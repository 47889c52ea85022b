"""What an account has spent by day, how fast its credit goes, and who spends most."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, Span, day_of

WEEK_DAYS = 7
MONTH_DAYS = 30
SERIES_MAX = 6  # colours that can be told apart; what is left is one series


class Cell(NamedTuple):
    """What one workspace, or the rest of them together, spent on one UTC day."""

    day: int
    workspace: WorkspaceNumber | None  # None: all but those who spent most
    micros: Micros


class Series(Struct, frozen=True):
    """Spend per day of one workspace, or of all that have no series of their own."""

    workspace: WorkspaceNumber | None  # None: the rest
    micros: list[Micros]  # one value per day of the spending, 0 where nothing was spent


class Spending(Struct, frozen=True):
    """Spend of the last 30 days, today's UTC day included."""

    first_day: int
    days: list[Micros]  # 30 values, today last
    series: list[Series]  # who spent most comes first, the rest last

    @property
    def today(self) -> Micros:
        """Since 00:00 UTC."""
        return self.days[-1]

    @property
    def week(self) -> Micros:
        """Of 7 days, today included."""
        return sum(self.days[-WEEK_DAYS:])

    @property
    def month(self) -> Micros:
        """Of 30 days, today included."""
        return sum(self.days)

    def since(self, created_at: Instant) -> Instant:
        """When spending began: with the account, or before it where usage was imported."""
        spent = (day for day, micros in enumerate(self.days, self.first_day) if micros)
        first = next(spent, day_of(created_at))
        return created_at if first >= day_of(created_at) else first * DAY


def first_day_of(now: Instant) -> int:
    """The first of the 30 days that end with today."""
    return day_of(now) - MONTH_DAYS + 1


def spending(cells: Iterable[Cell], first_day: int) -> Spending:
    """The spend of 30 days from its cells."""
    days = [0] * MONTH_DAYS
    found: dict[WorkspaceNumber | None, list[Micros]] = {}
    for cell in cells:
        place = cell.day - first_day
        days[place] += cell.micros
        found.setdefault(cell.workspace, [0] * MONTH_DAYS)[place] += cell.micros
    series = [Series(number, micros) for number, micros in found.items()]
    series.sort(key=lambda one: (one.workspace is None, -sum(one.micros), one.workspace or 0))
    return Spending(first_day, days, series)


def daily_rate(week: Micros, now: Instant, age: Span) -> Micros:
    """Mean spend per day of the last 7 days, today included; of a younger account, of its life.

    Rounded down. At least one day is taken, so that a first hour is not taken for a habit.
    """
    lasted = (WEEK_DAYS - 1) * DAY + now % DAY
    return week * DAY // max(DAY, min(lasted, age))


def days_left(credit: Micros, rate: Micros, age: Span) -> int | None:
    """Whole days until the credit is used up at this rate; None: nothing is spent.

    None too before spending has gone on for a day: what minutes show is no habit.
    """
    if rate <= 0 or age < DAY:
        return None
    return max(0, credit) // rate
