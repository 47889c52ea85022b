"""How values look on a page: amounts, times, counts and lengths of time. Knows no page."""

from datetime import date
from decimal import Decimal

import msgspec

from prepaid.domain.amounts import CENT, CREDIT, Micros
from prepaid.domain.instants import Instant, iso_micros, to_datetime
from prepaid.domain.statements.money import digits
from prepaid.domain.statements.months import Month

_encode = msgspec.json.Encoder(decimal_format="number").encode
_MINUTES = ((1440, "day"), (60, "hour"), (1, "minute"))


def amount(micros: Micros) -> str:
    """`1,234.50`: two decimals, or all there are where two would show nothing."""
    value = Decimal(micros) / CREDIT
    if micros % CENT and abs(micros) < CENT:
        return f"{value.normalize():f}"
    return f"{value:,.2f}"


def exact(micros: Micros) -> str:
    """`1234.567891`, for machines and titles."""
    return f"{(Decimal(micros) / CREDIT).normalize():f}"


def credits_of(cents: int) -> str:
    """Cents as they are typed in a form: `1000`, `12.50`."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def price(minor: int, currency: str) -> str:
    """`12.50 EUR`: money, not credit; `minor` are the smallest units of the currency."""
    places = digits(currency)
    return f"{Decimal(minor).scaleb(-places):,.{places}f} {currency.upper()}"


def month(number: Month) -> str:
    """`November 2026`."""
    return f"{date(number // 12, number % 12 + 1, 1):%B %Y}"


def iso(instant: Instant) -> str:
    """For `<time datetime>`."""
    return iso_micros(instant)


def utc(instant: Instant) -> str:
    """`14 Apr 2026, 10:23 UTC`: what stands there until the reader's zone is known."""
    return f"{to_datetime(instant):%-d %b %Y, %H:%M} UTC"


def count(number: int) -> str:
    """`1,234`."""
    return f"{number:,}"


def minutes(number: int) -> str:
    """`24 hours`, `90 minutes`: in the largest unit that divides it, a day being 24 hours."""
    size, unit = next((size, unit) for size, unit in _MINUTES if number % size == 0)
    many = number // size
    if unit == "day" and many == 1:
        return "24 hours"
    return f"{many:,} {unit}" + ("" if many == 1 else "s")


def last(number: int) -> str:
    """What follows "in the last": `hour`, `24 hours`."""
    return minutes(number).removeprefix("1 ")


def length(seconds: int) -> str:
    """`30 days`, `90 minutes`, `45 seconds`: as `minutes`, where they are whole."""
    return plural(seconds, "second") if seconds % 60 else minutes(seconds // 60)


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 key`, `3 keys`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def json(value: object) -> str:
    """A value for a `data-` attribute."""
    return _encode(value).decode()


FILTERS = {
    "amount": amount,
    "exact": exact,
    "credits_of": credits_of,
    "price": price,
    "month": month,
    "iso": iso,
    "utc": utc,
    "count": count,
    "minutes": minutes,
    "last": last,
    "plural": plural,
    "span": length,
    "json": json,
}
