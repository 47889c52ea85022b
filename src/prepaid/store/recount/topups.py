"""Top-ups beside the ledger: what was credited and taken back, as each of the two tells it.

As in `recount`: streams in the same order, on the connection of one snapshot.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    Table,
    case,
    false,
    func,
    literal,
    select,
    true,
    union_all,
)

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, Seq
from prepaid.store import tables as t


def credited_entries(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros]]:
    """Ledger entries of top-ups."""
    e = t.ledger_entry.c
    query = select(e.seq, e.amount).where(e.account_id == account, e.kind == "topup")
    return _pairs(connection, query.order_by(e.seq))


def credits(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros]]:
    """The amounts of the top-ups that were credited, by the number of their ledger entry."""
    c, u = t.topup_credit.c, t.topup.c
    query = (
        select(c.seq, u.amount)
        .join_from(t.topup_credit, t.topup, (u.account_id == account) & (u.number == c.number))
        .where(c.account_id == account)
        .order_by(c.seq)
    )
    return _pairs(connection, query)


def succeeded(connection: Connection, account: AccountId) -> Iterator[tuple[int, int]]:
    """The numbers of top-ups that succeeded: one credit each."""
    u = t.topup.c
    query = select(u.number, func.count()).where(u.account_id == account, u.status == "succeeded")
    return _pairs(connection, query.group_by(u.number).order_by(u.number))


def credited(connection: Connection, account: AccountId) -> Iterator[tuple[int, int]]:
    """How many credits each top-up has."""
    c = t.topup_credit.c
    query = select(c.number, func.count()).where(c.account_id == account)
    return _pairs(connection, query.group_by(c.number).order_by(c.number))


class Return(NamedTuple):
    """A refund or dispute, or the end of one that was undone, beside the top-up it is of."""

    number: int
    bought: Micros
    paid: int  # minor units
    paid_currency: str
    reference: str
    price: int  # minor units; of an end: 0
    currency: str
    amount: Micros  # taken from the balance; of an end: put back, and so below 0
    is_end: bool


def corrections(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros, Micros]]:
    """What went back to the payer: number of the entry, amount, and what the entry took."""
    return _moved(connection, account, t.topup_correction, -1)


def reversals(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros, Micros]]:
    """What did not go back after all: number of the entry, amount, and what the entry gave."""
    return _moved(connection, account, t.topup_reversal, 1)


def returns(connection: Connection, account: AccountId) -> Iterator[Return]:
    """Every refund and dispute, and every end of one, top-up by top-up."""
    u, c, r = t.topup.c, t.topup_correction.c, t.topup_reversal.c
    taken = select(
        c.number, c.reference, c.price, c.currency, c.amount, false().label("is_end")
    ).where(c.account_id == account)
    ended = select(
        r.number, r.reference, literal(0), literal(""), -r.amount, true().label("is_end")
    ).where(r.account_id == account)
    line = union_all(taken, ended).subquery()
    query = (
        select(u.number, u.amount, u.price, u.currency, *list(line.c)[1:])
        .join_from(t.topup, line, u.number == line.c.number)
        .where(u.account_id == account)
        .order_by(u.number)
    )
    for row in connection.execute(query):
        yield Return(*row)


def _moved(
    connection: Connection, account: AccountId, table: Table, sign: int
) -> Iterator[tuple[Seq, Micros, Micros]]:
    c, e = table.c, t.ledger_entry.c
    moved = case((e.kind == "correction", sign * e.amount), else_=0)
    query = (
        select(c.seq, c.amount, func.coalesce(moved, 0))
        .join_from(
            table, t.ledger_entry, (e.account_id == account) & (e.seq == c.seq), isouter=True
        )
        .where(c.account_id == account)
        .order_by(c.seq)
    )
    yield from connection.execute(query)


def _pairs(connection: Connection, query: Select[int, int]) -> Iterator[tuple[int, int]]:
    yield from connection.execute(query)
