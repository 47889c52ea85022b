"""CSV as RFC 4180 has it, a piece at a time, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

# A spreadsheet takes a cell that begins like this for a formula, and runs it; full-width too.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_WHITE = ("\t", "\r", "\n")


def text(value: str | None) -> str:
    """Text that somebody wrote: one that looks like a formula gets an apostrophe before it."""
    if value is None:
        return ""
    is_formula = value.startswith(_WHITE) or value.lstrip().startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as they are sent; None is an empty cell."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def number(value: int | Decimal) -> str:
    """An amount with every digit, never with an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
