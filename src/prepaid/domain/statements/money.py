"""Money of statements: integers of a currency's minor units. Only this module rounds it.

An exact amount is rounded once, on its line, to the nearest minor unit; a half goes away from
zero, so that a correction of everything takes back exactly what was billed.
"""

from decimal import Decimal
from typing import Literal, NamedTuple

from prepaid.domain.amounts import Micros
from prepaid.domain.refusals import invalid

Minor = int  # minor units of a currency, such as cents
Nano = int  # 10^-9 of a currency's main unit: the finest price there is
Ppm = int  # parts per million; 1 percent = 10 000

NANO = 10**9
WHOLE: Ppm = 1_000_000
PRICE_MAX = 1_000_000

_DIGITS_MAX = 28  # what decimal arithmetic keeps; a longer number would be rounded unseen
_MICROS_PER_CREDIT = 10**6
_NO_MINOR = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
_THREE_DIGITS = frozenset(
    {
        *("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
    }
)

Per = Literal["credit", "request"]


class Price(NamedTuple):
    """What a client pays, and for what."""

    per: Per
    nano: Nano


def from_percent(value: Decimal, field: str, low: int, high: int) -> Ppm:
    """A rate in percent, exactly.

    Raises:
        Refusal: 400 when it is not `low` to `high`, or finer than 0.0001 percent.
    """
    if not value.is_finite() or not low <= value <= high:
        raise invalid(field, f"must be {low} to {high} percent")
    return _whole(value, 4, field)


def from_price(value: Decimal, field: str) -> Nano:
    """A price in the currency's main unit, exactly.

    Raises:
        Refusal: 400 when it is not 0 to 10^6, or has more than 6 decimals.
    """
    if not value.is_finite() or not 0 <= value <= PRICE_MAX:
        raise invalid(field, f"must be 0 to {PRICE_MAX}")
    return _whole(value, 6, field) * 1_000


def _whole(value: Decimal, decimals: int, field: str) -> int:
    places = -int(value.normalize().as_tuple().exponent) if value else 0
    if places > decimals or len(value.as_tuple().digits) > _DIGITS_MAX:
        raise invalid(field, f"must have at most {decimals} decimals")
    return int(value.scaleb(decimals))


def digits(currency: str) -> int:
    """Decimals of a currency: 2 for most, 0 for the yen, 3 for the dinar."""
    if currency.upper() in _NO_MINOR:
        return 0
    return 3 if currency.upper() in _THREE_DIGITS else 2


def _minor_units(currency: str) -> int:
    units: int = 10 ** digits(currency)
    return units


def rounded(numerator: int, denominator: int) -> int:
    """The nearest integer of a fraction; a half goes away from zero."""
    assert denominator > 0, "a fraction keeps its sign in the numerator"
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def amount(price: Price, count: int, micros: Micros, currency: str) -> Minor:
    """What a line costs: its requests or its credits at the price."""
    minor = NANO // _minor_units(currency)
    if price.per == "request":
        return rounded(count * price.nano, minor)
    return rounded(micros * price.nano, _MICROS_PER_CREDIT * minor)


def marked_up(credit_price: Minor, markup: Ppm, currency: str) -> Nano:
    """The price of a credit with a markup, exactly; `credit_price` is the account's own."""
    per_unit = NANO // WHOLE // _minor_units(currency)
    return credit_price * (WHOLE + markup) * per_unit


def share(total: Minor, rate: Ppm) -> Minor:
    """Part of an amount, such as its tax."""
    return rounded(total * rate, WHOLE)


def major(minor: Minor, currency: str) -> int | Decimal:
    """An amount for the wire: an integer when whole, else the shortest exact decimal."""
    return _number(Decimal(minor).scaleb(-digits(currency)))


def price(nano: Nano) -> int | Decimal:
    """A price for the wire: an integer when whole, else the shortest exact decimal."""
    return _number(Decimal(nano).scaleb(-9))


def percent(rate: Ppm) -> int | Decimal:
    """A rate for the wire, in percent."""
    return _number(Decimal(rate).scaleb(-4))


def _number(value: Decimal) -> int | Decimal:
    whole = int(value)
    return whole if whole == value else value.normalize()
