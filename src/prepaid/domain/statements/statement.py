"""One statement: its lines, and what they come to.

What was used is compared with what earlier statements billed, month by month; the difference is
billed now. So every movement of the ledger is on exactly one statement, however late it came.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.statements import money
from prepaid.domain.statements.money import Minor, Per, Ppm, Price
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.prices import PriceBook
from prepaid.domain.statements.settings import Settings

NUMBER_DIGITS = 6


class Place(NamedTuple):
    """What a line is about."""

    workspace: WorkspaceNumber
    origin: Month  # of the charges
    sku: str


class Used(Struct, frozen=True):
    """Requests and credits of a place."""

    count: int
    micros: Micros


class Billed(Struct, frozen=True):
    """What final statements have billed of a place, and the price it was first billed at."""

    count: int
    micros: Micros
    price: Price


class Line(Struct, frozen=True):
    """Usage of one SKU in one month. Of an earlier month than the statement's: a correction."""

    origin: Month
    sku: str
    count: int
    micros: Micros
    per: Per
    price: money.Nano
    amount: Minor


class Seller(Struct, frozen=True):
    """The account, as it presents itself to its clients."""

    legal_name: str
    address: tuple[str, ...]
    tax_id: str | None
    logo: str | None  # hash of its content


class Client(Struct, frozen=True):
    """The workspace as it was called then; name None is the account-wide bucket."""

    workspace: WorkspaceNumber
    name: str | None
    legal_name: str


class Tax(Struct, frozen=True):
    """The tax on the lines together."""

    label: str
    rate: Ppm
    amount: Minor


class Statement(Struct, frozen=True):
    """What a client used in a month, and what it costs them. A draft has no number."""

    account: AccountId
    month: Month
    client: Client
    seller: Seller
    currency: str
    time_zone: str
    starts: Instant
    ends: Instant
    lines: tuple[Line, ...]
    subtotal: Minor
    tax: Tax | None
    payment_terms: str | None
    number: str | None = None
    final_at: Instant | None = None

    @property
    def total(self) -> Minor:
        """What the client pays."""
        return self.subtotal + (0 if self.tax is None else self.tax.amount)

    @property
    def count(self) -> int:
        """Requests of all lines."""
        return sum(line.count for line in self.lines)

    @property
    def micros(self) -> Micros:
        """Credits of all lines."""
        return sum(line.micros for line in self.lines)


def differences(used: Mapping[Place, Used], billed: Mapping[Place, Billed]) -> dict[Place, Used]:
    """What is still to be billed of each place; places where nothing is are left out."""
    found = {}
    for place in used.keys() | billed.keys():
        now, before = used.get(place, Used(0, 0)), billed.get(place)
        if before is not None:
            now = Used(now.count - before.count, now.micros - before.micros)
        if now.count or now.micros:
            found[place] = now
    return found


def lines(
    owed: Mapping[Place, Used],
    billed: Mapping[Place, Billed],
    book: PriceBook,
    currency: str,
) -> dict[WorkspaceNumber, tuple[Line, ...]]:
    """The lines of each workspace, the statement's month first, then corrections by month.

    A correction costs what its month was billed at, whatever the price is by now.
    """
    made: dict[WorkspaceNumber, list[Line]] = {}
    for place in sorted(owed, key=lambda place: (place.workspace, -place.origin, place.sku)):
        count, micros = owed[place].count, owed[place].micros
        before = billed.get(place)
        price = book.price(place.workspace, place.sku) if before is None else before.price
        cost = money.amount(price, count, micros, currency)
        line = Line(place.origin, place.sku, count, micros, price.per, price.nano, cost)
        made.setdefault(place.workspace, []).append(line)
    return {workspace: tuple(found) for workspace, found in made.items()}


def tax(settings: Settings, subtotal: Minor) -> Tax | None:
    """The tax line."""
    if settings.tax_rate is None:
        return None
    return Tax(settings.tax_label, settings.tax_rate, money.share(subtotal, settings.tax_rate))


def subtotal(found: Iterable[Line]) -> Minor:
    """What the lines cost together."""
    return sum(line.amount for line in found)


def label(prefix: str, number: int) -> str:
    """`S-000042`: a statement's number as clients read it."""
    return f"{prefix}{number:0{NUMBER_DIGITS}d}"
