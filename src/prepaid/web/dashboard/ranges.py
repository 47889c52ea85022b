"""Which days a page is about: typed, or one of the usual ranges. UTC days, both ends included."""

from datetime import date
from typing import Literal

from msgspec import Struct

from prepaid.domain.instants import DAY, Instant, day_of, month_of_day
from prepaid.domain.refusals import invalid
from prepaid.web.dashboard.chart_data import day as day_text
from prepaid.web.dashboard.forms import Form

Preset = Literal["today", "7", "30", "90", "month", "last_month"]

PRESETS: tuple[tuple[Preset, str], ...] = (
    ("today", "Today"),
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("month", "This month"),
    ("last_month", "Last month"),
)
_FIRST = date(1970, 1, 1).toordinal()


class RangeQuery(Form, frozen=True, kw_only=True):
    """What a page's address may say of days. A preset is taken where no day is given."""

    range: Preset | None = None
    start_date: str | None = None
    end_date: str | None = None


class Days(Struct, frozen=True):
    """The UTC days `[first, end)`, as numbers."""

    first: int
    end: int
    preset: Preset | None

    @property
    def start_date(self) -> str:
        """The first day, `2026-04-01`."""
        return day_text(self.first)

    @property
    def end_date(self) -> str:
        """The last day."""
        return day_text(self.end - 1)

    @property
    def start(self) -> Instant:
        """The beginning of the first day."""
        return self.first * DAY

    @property
    def stop(self) -> Instant:
        """The end of the last day."""
        return self.end * DAY


def days(query: RangeQuery, now: Instant, usual: Preset = "30") -> Days:
    """The days that are asked for.

    Raises:
        Refusal: 400 naming the field.
    """
    if query.start_date is None and query.end_date is None:
        preset = query.range or usual
        return Days(*_preset(preset, day_of(now)), preset)
    last = day_of(now) if query.end_date is None else _day(query.end_date, "endDate")
    first = month_of_day(last) if query.start_date is None else _day(query.start_date, "startDate")
    if first > last:
        raise invalid("endDate", "must not be before the first day")
    return Days(first, last + 1, None)


def _preset(preset: Preset, today: int) -> tuple[int, int]:
    month = month_of_day(today)
    match preset:
        case "today":
            return today, today + 1
        case "month":
            return month, today + 1
        case "last_month":
            return month_of_day(month - 1), month
        case _:
            return today - int(preset) + 1, today + 1


def _day(text: str, field: str) -> int:
    try:
        return date.fromisoformat(text).toordinal() - _FIRST
    except ValueError as error:
        raise invalid(field, "must be a day such as 2026-04-01") from error
