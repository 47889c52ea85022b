"""How rows become domain values and back, in one column order for both hot stores."""

from collections.abc import Iterator, Sequence
from typing import Any

from prepaid.domain import alarms, limits
from prepaid.domain.accounts import Account
from prepaid.domain.book import Book
from prepaid.domain.charges import Charge
from prepaid.domain.instants import HOUR
from prepaid.domain.windows import Window
from prepaid.store import tables

Row = Any  # a driver's row: read by position

ACCOUNT = (
    "id, epoch, closed, floor, clock_offset, seq, at, balance, chain, holds_due, alarm, topup_on,"
    " topup"
)
CHARGE = ", ".join(column.name for column in tables.charge.columns)
WINDOW = "account_id, scope, period, micros, tail, head, alarm, limit_state"
ENTRY = ", ".join(column.name for column in tables.ledger_entry.columns)
_IMPORTED = CHARGE.split(", ").index("imported")
KEY = ", ".join(column.name for column in tables.idempotency_key.columns)


def account(row: Row) -> Account:
    """An account of the columns `ACCOUNT`."""
    return Account(
        id=row[0],
        epoch=row[1],
        closed=bool(row[2]),
        floor=row[3],
        clock_offset=row[4],
        seq=row[5],
        at=row[6],
        balance=row[7],
        chain=bytes(row[8]),
        holds_due=row[9],
        alarm=alarms.unpack(row[10]),
        topup_on=bool(row[11]),
        topup=row[12],
    )


def account_changes(book: Book) -> tuple[Any, ...]:
    """seq, at, balance, chain, holds_due, alarm, id."""
    a = book.account
    return (a.seq, a.at, a.balance, a.chain, a.holds_due, alarms.pack(a.alarm), a.id)


def charge(row: Row) -> Charge:
    """A charge of the columns `CHARGE`."""
    values = list(row)
    values[_IMPORTED] = bool(values[_IMPORTED])
    return Charge(*values)


def new_charge(value: Charge) -> tuple[Any, ...]:
    """The columns `CHARGE` of a charge."""
    c = value
    return (
        c.account, c.seq, c.workspace, c.version, c.sku, c.quantity, c.unit_price, c.held,
        c.balance, c.reserved_at, c.expires_at, c.metadata, c.imported, c.status, c.ended_seq,
        c.ended_at, c.ended_balance, c.ended_amount, c.ended_quantity, c.amount,
    )  # fmt: skip


def charge_changes(value: Charge) -> tuple[Any, ...]:
    """status, ended_seq … ended_quantity, amount, then account and seq."""
    c = value
    return (
        c.status, c.ended_seq, c.ended_at, c.ended_balance, c.ended_amount, c.ended_quantity,
        c.amount, c.account, c.seq,
    )  # fmt: skip


def window(row: Row) -> Window:
    """A window of the columns `WINDOW`."""
    alarm, limit = alarms.unpack(row[6]), limits.unpack(row[7])
    return Window(row[0], row[1], row[2], row[3], row[4], row[5], alarm, limit)


def window_values(value: Window) -> tuple[Any, ...]:
    """The columns `WINDOW` of a window."""
    w = value
    alarm, limit = alarms.pack(w.alarm), limits.pack(w.limit)
    return (w.account, w.scope, w.period, w.sum, w.tail, w.head, alarm, limit)


def entries(books: Sequence[Book]) -> Iterator[tuple[Any, ...]]:
    """The columns `ENTRY` of every new entry."""
    for book in books:
        for e in book.new_entries:
            yield (
                e.account, e.seq, e.at, e.kind, e.amount, e.balance, e.charge, e.note, e.hash
            )  # fmt: skip


def keys(books: Sequence[Book]) -> Iterator[tuple[Any, ...]]:
    """The columns `KEY` of every new key."""
    for book in books:
        for (route, key), stored in book.new_keys.items():
            yield (
                book.account.id, route, key, stored.request, stored.seq, stored.at, stored.outcome
            )  # fmt: skip


def spend(books: Sequence[Book]) -> Iterator[tuple[int, int, int, int]]:
    """Account, scope, time and amount to add."""
    for book in books:
        for (scope, at), amount in book.spend.items():
            yield book.account.id, scope, at, amount


def spend_hours(books: Sequence[Book]) -> Iterator[tuple[int, int, int, int]]:
    """Account, scope, hour and amount to add, one row per hour."""
    for book in books:
        hours: dict[tuple[int, int], int] = {}
        for (scope, at), amount in book.spend.items():
            place = scope, at // HOUR
            hours[place] = hours.get(place, 0) + amount
        for (scope, hour), amount in hours.items():
            yield book.account.id, scope, hour, amount
