"""Spend recounted: rows from the charges, the ladder of hours and the windows from the rows.

As in `recount`: streams in the same order, on the connection of one snapshot.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.instants import HOUR, Instant
from prepaid.domain.windows import GLOBAL
from prepaid.store import tables as t
from prepaid.store.recount.facts import divided
from prepaid.store.rollups import summed

SpendAt = tuple[int, int]  # scope, and a time or an hour


class WindowSum(NamedTuple):
    """A spend window, and the sum of the rows it should hold."""

    scope: int
    micros: Micros
    rows: Micros
    head: Instant
    newest: Instant  # time of the newest row; 0 for none


def charge_spend(
    connection: Connection, account: AccountId, after: Instant
) -> Iterator[tuple[SpendAt, Micros]]:
    """Spend by scope and time, recounted from the charges reserved after a time."""
    c = t.charge.c
    base = select(summed(c.amount), c.reserved_at).where(
        c.account_id == account, c.reserved_at > after, c.amount > 0
    )
    whole = base.group_by(c.reserved_at).order_by(c.reserved_at)
    for micros, at in connection.execute(whole):
        yield (GLOBAL, at), micros
    parts = (
        base.add_columns(c.workspace)
        .where(c.workspace != ACCOUNT_WIDE, c.workspace.not_in(_archived(account)))
        .group_by(c.workspace, c.reserved_at)
        .order_by(c.workspace, c.reserved_at)
    )
    for micros, at, workspace in connection.execute(parts):
        yield (workspace, at), micros


def spend(
    connection: Connection, account: AccountId, after: Instant
) -> Iterator[tuple[SpendAt, Micros]]:
    """Spend rows later than a time. Those of archived workspaces stand still, and are left out."""
    s = t.spend.c
    query = (
        select(s.scope, s.at, s.micros)
        .where(s.account_id == account, s.at > after, s.scope.not_in(_archived(account)))
        .order_by(s.scope, s.at)
    )
    for scope, place, micros in connection.execute(query):
        yield (scope, place), micros


def spend_by_hour(
    connection: Connection, account: AccountId, first: int
) -> Iterator[tuple[SpendAt, Micros]]:
    """Spend rows summed by hour, from hour `first` on."""
    s = t.spend.c
    hour = divided(s.at, HOUR).label("hour")
    query = (
        select(s.scope, hour, summed(s.micros))
        .where(s.account_id == account, s.at >= first * HOUR)
        .group_by(s.scope, hour)
        .order_by(s.scope, hour)
    )
    for scope, place, micros in connection.execute(query):
        yield (scope, place), micros


def spend_hours(
    connection: Connection, account: AccountId, first: int
) -> Iterator[tuple[SpendAt, Micros]]:
    """The ladder of hours, from hour `first` on."""
    h = t.spend_hour.c
    query = (
        select(h.scope, h.hour, h.micros)
        .where(h.account_id == account, h.hour >= first)
        .order_by(h.scope, h.hour)
    )
    for scope, place, micros in connection.execute(query):
        yield (scope, place), micros


def windows(connection: Connection, account: AccountId) -> Iterator[WindowSum]:
    """Every spend window with the sum of the rows between its frontier and its head."""
    w, s = t.spend_window.c, t.spend.c
    of_window = (s.account_id == w.account_id) & (s.scope == w.scope)
    rows = select(summed(s.micros)).where(of_window, s.at > w.tail, s.at <= w.head)
    newest = select(func.max(s.at)).where(of_window)
    query = (
        select(
            w.scope,
            w.micros,
            func.coalesce(rows.scalar_subquery(), 0),
            w.head,
            func.coalesce(newest.scalar_subquery(), 0),
        )
        .where(w.account_id == account)
        .order_by(w.scope)
    )
    for row in connection.execute(query):
        yield WindowSum(*row)


def scopes_without_window(connection: Connection, account: AccountId) -> list[int]:
    """Scopes in use that have spend rows and no window."""
    s, w = t.spend.c, t.spend_window.c
    windowed = select(w.scope).where(w.account_id == account)
    query = (
        select(s.scope)
        .where(
            s.account_id == account,
            s.scope.not_in(windowed),
            s.scope.not_in(_archived(account)),
        )
        .distinct()
        .order_by(s.scope)
    )
    return list(connection.scalars(query))


def _archived(account: AccountId) -> Select[tuple[int]]:
    w = t.workspace.c
    return select(w.number).where(w.account_id == account, w.archived_at.is_not(None))
