"""What a chart is drawn from: credits per day. Knows nothing of where they come from."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from prepaid.domain.amounts import CREDIT, Micros
from prepaid.domain.instants import DAY, SECOND


class Line(Struct, frozen=True):
    """One colour of the bars."""

    name: str
    values: list[Decimal]  # credits, one for each day


class Chart(Struct, frozen=True):
    """Bars by day; see the macro `ui.chart`."""

    days: list[str]  # UTC days, 2026-04-01
    series: list[Line]


def chart(first_day: int, days: int, series: Iterable[tuple[str, Sequence[Micros]]]) -> Chart:
    """A chart of so many days; each series has a name and a value of micro-credits per day."""
    return chart_of([first_day + place for place in range(days)], series)


def chart_of(starts: Sequence[int], series: Iterable[tuple[str, Sequence[Micros]]]) -> Chart:
    """A chart whose bars begin on these days; a series that is nothing throughout is left out."""
    lines = [Line(name, [Decimal(value) / CREDIT for value in values]) for name, values in series]
    return Chart([day(start) for start in starts], [one for one in lines if any(one.values)])


def day(number: int) -> str:
    """A UTC day, counted from 1970-01-01, as `2026-04-01`."""
    return datetime.fromtimestamp(number * DAY // SECOND, UTC).date().isoformat()
