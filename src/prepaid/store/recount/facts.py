"""The same facts read from several tables, as streams in the same order, to be laid side by side.

Everything is read on the connection of one snapshot, rows as they come: no account is too large.
Sorting is left to the database, which uses files for it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func, select
from sqlalchemy import literal_column as literal

from prepaid.domain.amounts import Micros
from prepaid.domain.entries import Entry
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import DAY, Instant
from prepaid.store import tables as t
from prepaid.store.rollups import summed

Cell = tuple[int, int, str]  # first day, workspace, SKU
Usage = tuple[int, int]  # count, micro-credits


class Held(NamedTuple):
    """What the account's row says."""

    id: AccountId
    balance: Micros
    seq: Seq
    at: Instant
    chain: bytes
    holds_due: Instant | None


def accounts(connection: Connection, after: AccountId, limit: int) -> list[AccountId]:
    """Accounts in id order, those after `after`."""
    a = t.account.c
    query = select(a.id).where(a.id > after).order_by(a.id).limit(limit)
    return list(connection.scalars(query))


def held(connection: Connection, account: AccountId) -> Held | None:
    """The account's row."""
    columns = [t.account.c[name] for name in Held._fields]
    row = connection.execute(select(*columns).where(t.account.c.id == account)).one_or_none()
    return None if row is None else Held(*row)._replace(chain=bytes(row.chain))


def workspace_name(connection: Connection, account: AccountId, number: int) -> str | None:
    """The name of a workspace."""
    w = t.workspace.c
    query = select(w.name).where(w.account_id == account, w.number == number)
    return connection.execute(query).scalar_one_or_none()


def entries(connection: Connection, account: AccountId) -> Iterator[Entry]:
    """The ledger, from its start."""
    e = t.ledger_entry.c
    query = select(t.ledger_entry).where(e.account_id == account).order_by(e.seq)
    for row in connection.execute(query):
        yield replace(Entry(*row), hash=bytes(row.hash))


def entry_sums(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros]]:
    """What the entries of each charge come to."""
    e = t.ledger_entry.c
    query = (
        select(e.charge.label("seq"), summed(e.amount).label("amount"))
        .where(e.account_id == account, e.charge.is_not(None))
        .group_by(e.charge)
        .order_by(e.charge)
    )
    for row in connection.execute(query):
        yield row.seq, row.amount


def charge_amounts(connection: Connection, account: AccountId) -> Iterator[tuple[Seq, Micros]]:
    """What the account pays for each charge."""
    c = t.charge.c
    query = select(c.seq, c.amount).where(c.account_id == account).order_by(c.seq)
    for row in connection.execute(query):
        yield row.seq, row.amount


def charge_days(connection: Connection, account: AccountId) -> Iterator[tuple[Cell, Usage]]:
    """Usage by day, recounted from the charges. Released and expired ones count for nothing."""
    c = t.charge.c
    day = divided(c.reserved_at, DAY).label("day")
    query = (
        select(day, c.workspace, c.sku, func.count(), summed(c.amount))
        .where(c.account_id == account, c.status.in_(("held", "settled")))
        .group_by(day, c.workspace, c.sku)
    )
    return _cells(connection, query.order_by(day, c.workspace, _plain(connection, c.sku)))


def rollups(connection: Connection, account: AccountId, grain: str) -> Iterator[tuple[Cell, Usage]]:
    """Usage as it is kept, at one level."""
    u = t.usage.c
    query = select(u.starts, u.workspace, u.sku, u["count"], u.micros).where(
        u.account_id == account, u.grain == grain
    )
    return _cells(connection, query.order_by(u.starts, u.workspace, _plain(connection, u.sku)))


def _cells(connection: Connection, query: Select[Any]) -> Iterator[tuple[Cell, Usage]]:
    for starts, workspace, sku, count, micros in connection.execute(query):
        yield (starts, workspace, sku), (count, micros)


def next_due(connection: Connection, account: AccountId) -> Instant | None:
    """When the next open hold expires."""
    c = t.charge.c
    query = select(func.min(c.expires_at)).where(c.account_id == account, c.status == "held")
    due: Instant | None = connection.execute(query).scalar_one()
    return due


def divided(column: ColumnElement[int], by: int) -> ColumnElement[int]:
    """A column divided by a constant, rounded down."""
    # Written out: with a parameter, PostgreSQL takes the same expression for two.
    return column // literal(str(by), BigInteger)


def _plain(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    # In the order that Python compares texts in, whatever the database's language is.
    return column.collate("C") if connection.dialect.name == "postgresql" else column
