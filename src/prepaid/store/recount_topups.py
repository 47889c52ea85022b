"""Top-ups beside the ledger: what was credited and taken back, as each of the two tells it.

As in `recount`: streams in the same order, on the connection of one snapshot.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Select, case, func, select

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


def corrections(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros, Micros]]:
    """What went back to the payer: number of the entry, amount, and what the entry took."""
    c, e = t.topup_correction.c, t.ledger_entry.c
    taken = case((e.kind == "correction", -e.amount), else_=0)
    query = (
        select(c.seq, c.amount, func.coalesce(taken, 0))
        .join_from(
            t.topup_correction,
            t.ledger_entry,
            (e.account_id == account) & (e.seq == c.seq),
            isouter=True,
        )
        .where(c.account_id == account)
        .order_by(c.seq)
    )
    yield from connection.execute(query)


def _pairs(connection: Connection, query: Select[int, int]) -> Iterator[tuple[int, int]]:
    yield from connection.execute(query)
