"""What is told of statements and their prices in words: on pages, and in the audit log."""

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from prepaid.domain.instants import Instant, to_datetime
from prepaid.domain.statements import money
from prepaid.domain.statements.money import Price
from prepaid.domain.statements.prices import ClientPrice
from prepaid.domain.statements.settings import Logo, Settings

_NAMES = {
    "legal_name": "legal name",
    "address": "address",
    "tax_id": "tax number",
    "payment_terms": "payment terms",
    "prefix": "numbers begin with",
    "tax_label": "name of the tax",
    "tax_rate": "tax rate",
    "time_zone": "time zone",
    "automatic": "made each month",
}


def price(value: Price, currency: str) -> str:
    """`1.20 EUR / credit`: at least the currency's own decimals, and all that count."""
    exact = Decimal(money.price(value.nano))
    places = max(money.digits(currency), -int(exact.as_tuple().exponent))
    return f"{exact:,.{places}f} {currency.upper()} / {value.per}"


def rule(one: ClientPrice | None, currency: str) -> str:
    """What somebody has set: `+20 %`, or a price; nothing set is nothing said."""
    if one is None:
        return ""
    if one.kind == "markup":
        return f"{Decimal(money.percent(one.value)):+f} %"
    return price(Price("credit" if one.kind == "per_credit" else "request", one.value), currency)


def period(starts: Instant, ends: Instant, zone: str) -> str:
    """The first and the last day of a month where it was reckoned, not where its reader is."""
    there = ZoneInfo(zone)
    first, last = (to_datetime(at).astimezone(there) for at in (starts, ends - 1))
    return f"{first:%-d %b %Y} \u2013 {last:%-d %b %Y}"


def details(before: Settings, changed: Mapping[str, object]) -> str:
    """How details were and are: `legal name: none → Ada GmbH`."""
    return "; ".join(
        f"{_NAMES[name]}: {_value(name, getattr(before, name))} → {_value(name, value)}"
        for name, value in changed.items()
    )


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if name == "tax_rate" and isinstance(value, int):
        return f"{Decimal(money.percent(value)):f} %"
    return "none" if value in (None, "") else str(value)


def logo(one: Logo | None) -> str:
    """`png of 1,204 bytes, 1f4e8c…`: which picture it was, without the picture."""
    return "none" if one is None else f"{one.kind} of {len(one.content):,} bytes, {one.hash[:12]}…"
