"""The form in which names, amounts and times appear in letters."""

import unicodedata
from decimal import Decimal

from prepaid.adapters.letters.view import Fact
from prepaid.domain.instants import Instant, to_datetime

LINE_LENGTH_MAX = 500  # of any name or value; longer ones end in …

# Control, formatting (among it what turns the direction of text), private and unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # formatting, but part of words and emoji
_HOUR = 60
_DAY = 24 * _HOUR
_MINOR = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}  # currencies without cents


def one_line(text: str) -> str:
    """Text from outside as one visible line: what cannot be seen becomes a space."""
    seen = (" " if _is_unseen(letter) else letter for letter in text)
    return cut(" ".join("".join(seen).split()), LINE_LENGTH_MAX)


def _is_unseen(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _UNSEEN


def cut(text: str, length: int) -> str:
    """At most `length` characters, with … for what is missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def amount(cents: Decimal) -> str:
    """Credit cents as credits: `1,045.20 credits`, `1 credit`, `0.000001 credits`."""
    value = cents.scaleb(-2)
    places = max(0, -int(value.normalize().as_tuple().exponent))
    shown = f"{value:,.{max(places, 2) if places else 0}f}"
    return f"{shown} credit" if value == 1 else f"{shown} credits"


def money(minor: int, currency: str) -> str:
    """An amount in the smallest units of a currency: `12.50 EUR`."""
    places = _MINOR.get(currency.upper(), 2)
    return f"{Decimal(minor).scaleb(-places):,.{places}f} {currency.upper()}"


def moment(instant: Instant) -> str:
    """A time, to the minute."""
    return f"{to_datetime(instant):%Y-%m-%d %H:%M} UTC"


def fired(fired_at: str) -> Fact:
    """When it fired, from the payload's `firedAt`."""
    return ("When", f"{fired_at[:10]} {fired_at[11:16]} UTC")


def period(minutes: int) -> str:
    """A rolling period in its largest whole unit: `1 hour`, `90 minutes`, `30 days`."""
    if minutes == _HOUR:
        return "1 hour"
    if minutes % _DAY == 0 and minutes > _DAY:
        return f"{minutes // _DAY} days"
    return f"{minutes // _HOUR} hours" if minutes % _HOUR == 0 else f"{minutes} minutes"


def place(url: str) -> dict[str, str]:
    """An endpoint's `url` and `host`. The query may be a secret and is left out."""
    shown = url.partition("?")[0]
    return {"url": shown, "host": shown.partition("://")[2].partition("/")[0]}
