"""What a statement's page shows, as plain text: the form of amounts, dates, names and places.

The template sets these strings as they are, so nothing in them can be markup.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from prepaid.adapters.letters.words import cut, one_line
from prepaid.domain.amounts import credit
from prepaid.domain.instants import Instant, to_datetime
from prepaid.domain.statements import money
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.settings import UTC_NAME, Logo
from prepaid.domain.statements.statement import Line, Statement

FOOTER_NAME_MAX = 60  # characters, so that the footer is one line

COLUMNS = ("Item", "Requests", "Credits", "Price", "Amount")
EMPTY = "Nothing was used in this month."
DRAFT_NOTE = "This is a draft: the month is not closed, and amounts may change."
MISSING = "A box stands for a letter that none of the fonts at hand has."
CORRECTED = "Corrections are changes to charges of months whose statements were final already."

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_LONG = re.compile(r"\S{25,}")  # a word that may not fit its column
_STEP = re.compile(r"(\S{6})(?=\S)")
_JOINTS = re.compile(r"([._:/])(?=\S)")
_BREAK = "\u200b"  # a place where a line may break
_UNBROKEN = "\u00a0"  # a space where none may

Row = tuple[str, ...]


class Picture(Struct, frozen=True):
    """A logo: an SVG's text, or a PNG's bytes as numbers."""

    kind: str
    text: str = ""
    content: list[int] = []


class Party(Struct, frozen=True):
    """A name with the lines below it."""

    name: str
    lines: tuple[str, ...]


class Section(Struct, frozen=True):
    """Rows of one month."""

    title: str | None
    rows: list[Row]


class Page(Struct, frozen=True, rename="kebab"):
    """Everything the template shows."""

    title: str
    heading: str
    draft: bool
    draft_mark: str
    logo: Picture | None
    seller: Party
    client: Party
    facts: list[Row]
    columns: Row
    sections: list[Section]
    empty: str
    totals: list[Row]
    total: Row
    terms: str | None
    notes: list[str]
    footer: str


def page(statement: Statement, logo: Logo | None) -> Page:
    """The page of a statement."""
    seller, client, month = statement.seller, statement.client, month_name(statement.month)
    is_draft = statement.number is None
    has_corrections = any(line.origin != statement.month for line in statement.lines)
    tax_id = () if seller.tax_id is None else (f"Tax ID {shown(seller.tax_id)}",)
    name = "Account-wide usage" if client.name is None else f"Workspace {client.name}"
    return Page(
        title=f"Statement {statement.number or 'draft'} · {month}",
        heading=f"Statement · {month}",
        draft=is_draft,
        draft_mark="DRAFT",
        logo=None if logo is None else _picture(logo),
        seller=Party(
            shown(seller.legal_name), (*(shown(line) for line in seller.address), *tax_id)
        ),
        client=Party(shown(client.legal_name), (shown(name),)),
        facts=list(_facts(statement)),
        columns=COLUMNS,
        sections=list(_sections(statement)),
        empty=EMPTY,
        totals=list(_totals(statement)),
        total=("Total", amount(statement.total, statement.currency)),
        terms=None if statement.payment_terms is None else shown(statement.payment_terms),
        notes=[DRAFT_NOTE] if is_draft else [CORRECTED] if has_corrections else [],
        footer=" · ".join([cut(shown(seller.legal_name), FOOTER_NAME_MAX), *tax_id]),
    )


def with_missing(made: Page) -> Page:
    """The same page, saying that it could not show every letter."""
    return replace(made, notes=[*made.notes, MISSING])


def shown(text: str) -> str:
    """Text from outside as one visible line that can break, however long its words are."""
    return _LONG.sub(lambda word: _STEP.sub(r"\1" + _BREAK, word[0]), one_line(text))


def amount(minor: money.Minor, currency: str) -> str:
    """`1,234.50 EUR`, with a true minus sign."""
    value = Decimal(minor).scaleb(-money.digits(currency))
    return _signed(f"{value:,.{money.digits(currency)}f}") + f" {currency}"


def month_name(month: Month) -> str:
    """`October 2026`."""
    return f"{_MONTHS[month % 12]} {month // 12}"


def _facts(statement: Statement) -> Iterator[Row]:
    zone = statement.time_zone
    last = _local(statement.ends, zone) - timedelta(microseconds=1)
    yield "Number", shown(statement.number or "Draft")
    yield "Period", _days(_local(statement.starts, zone), last)
    yield "Time zone", shown(zone)
    if statement.final_at is not None:
        yield "Date", _date(_local(statement.final_at, zone))


def _sections(statement: Statement) -> Iterator[Section]:
    for origin, found in groupby(statement.lines, lambda line: line.origin):
        title = None
        if origin != statement.month:
            title = f"Corrections to {month_name(origin)}"
        yield Section(title, [_row(line, statement.currency) for line in found])


def _row(line: Line, currency: str) -> Row:
    return (
        _JOINTS.sub(r"\1" + _BREAK, shown(line.sku)),
        _signed(f"{line.count:,}"),
        _signed(f"{Decimal(credit(line.micros)):,f}"),
        f"{_price(line.price, currency)} / {line.per}",
        amount(line.amount, currency),
    )


def _price(nano: money.Nano, currency: str) -> str:
    """At least the currency's own decimals, and no zeros behind those that count."""
    exact = Decimal(money.price(nano))
    places = max(money.digits(currency), -int(exact.as_tuple().exponent))
    return _signed(f"{exact:,.{places}f}")


def _totals(statement: Statement) -> Iterator[Row]:
    yield "Subtotal", amount(statement.subtotal, statement.currency)
    tax = statement.tax
    if tax is not None:
        rate = f"{Decimal(money.percent(tax.rate)):f}"
        yield f"{shown(tax.label)} {rate} %", amount(tax.amount, statement.currency)


def _signed(digits: str) -> str:
    return digits.replace("-", "\u2212")


def _local(instant: Instant, zone: str) -> datetime:
    moment = to_datetime(instant)
    return moment if zone == UTC_NAME else moment.astimezone(ZoneInfo(zone))


def _days(first: datetime, last: datetime) -> str:
    """The first day and the last; what they share is said once, so that it stays one line."""
    words, ends = _date(first).split(), _date(last).split()
    while len(words) > 1 and words[-1] == ends[len(words) - 1]:
        words.pop()
    return f"{' '.join(words)} \u2013 {' '.join(ends)}".replace(" ", _UNBROKEN)


def _date(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _picture(logo: Logo) -> Picture:
    if logo.kind == "svg":
        return Picture("svg", text=logo.content.decode())
    return Picture("png", content=list(logo.content))
