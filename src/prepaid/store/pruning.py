"""What the hot path leaves behind and nobody can ask for any more: found, and deleted, in steps.

Nothing here has an index on time, which every charge would pay for. Keys and marks are walked in
the order of their primary key; spend rows are in the order of time within their scope.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, and_, bindparam, delete, select, tuple_

from prepaid.domain import limits
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import HOUR, Instant
from prepaid.domain.windows import ROWS_KEPT
from prepaid.store import tables as t
from prepaid.store.ledger import IMPORTED

SCANNED_MAX = 20_000  # rows that one step looks at
DELETED_MAX = 500  # rows that one step deletes
SCOPES_MAX = 100  # scopes that one step looks at

Place = tuple[Any, ...]  # values of a primary key; () is before the first
BEGINNING: Place = ()


class Found(NamedTuple):
    """Rows that may go, all of one account, and where the walk goes on; the beginning: it ended."""

    places: list[Place]
    next: Place


def old_keys(connection: Connection, after: Place, before: Instant) -> Found:
    """Idempotency keys older than a time. An import's stays as long as its charge."""
    scanned = _page(t.idempotency_key, after).subquery()
    c = t.charge.c
    of_import = and_(
        scanned.c.route == "charge", c.account_id == scanned.c.account_id, c.seq == scanned.c.seq
    )
    found = (
        select(scanned)
        .select_from(scanned.outerjoin(t.charge, and_(of_import, IMPORTED)))
        .where(scanned.c.at < before, c.seq.is_(None))
    )
    return _found(connection, t.idempotency_key, after, found.order_by(*scanned.c))


def old_marks(connection: Connection, after: Place, before: Instant) -> Found:
    """Marks of batches older than a time."""
    scanned = _page(t.batch, after).subquery()
    found = select(scanned).where(scanned.c.at < before)
    return _found(connection, t.batch, after, found.order_by(*scanned.c))


def _page(table: Table, after: Place) -> Select[Any]:
    key = list(table.primary_key.columns)
    rest = [table.c[name] for name in ("at", "seq") if name in table.c]
    query = select(*key, *rest).order_by(*key).limit(SCANNED_MAX)
    return query.where(tuple_(*key) > tuple_(*after)) if after else query


def _found(connection: Connection, table: Table, after: Place, query: Select[Any]) -> Found:
    width = len(table.primary_key.columns)
    places = [tuple(row[:width]) for row in connection.execute(query.limit(DELETED_MAX))]
    if places:
        account = places[0][0]
        mine = [place for place in places if place[0] == account]
        return Found(mine, mine[-1])
    last = _page(table, after).offset(SCANNED_MAX - 1).limit(1)
    row = connection.execute(last).one_or_none()
    return Found([], BEGINNING if row is None else tuple(row[:width]))


def drop_keys(connection: Connection, places: list[Place]) -> None:
    """Delete idempotency keys of a locked account; those that are gone already are no matter."""
    _drop(connection, t.idempotency_key, places)


def drop_marks(connection: Connection, places: list[Place]) -> None:
    """Delete marks of batches of a locked account."""
    _drop(connection, t.batch, places)


def _drop(connection: Connection, table: Table, places: list[Place]) -> None:
    key = list(table.primary_key.columns)
    names = [f"key_{column.name}" for column in key]
    wanted = (column == bindparam(name) for column, name in zip(key, names, strict=True))
    rows = [dict(zip(names, place, strict=True)) for place in places]
    connection.execute(delete(table).where(*wanted), rows)


class Scope(NamedTuple):
    """A scope of an account that has spend rows."""

    account: AccountId
    scope: int


def scopes(connection: Connection, after: Place) -> list[Scope]:
    """The scopes next after a place, by one look-up each: rows are skipped, not read."""
    # By the hours: an hour goes after its last row, so no row is without one.
    h = t.spend_hour.c
    found: list[Scope] = []
    for _ in range(SCOPES_MAX):
        query = select(h.account_id, h.scope).order_by(h.account_id, h.scope, h.hour).limit(1)
        if after:
            query = query.where(tuple_(h.account_id, h.scope) > tuple_(*after))
        row = connection.execute(query).one_or_none()
        if row is None:
            break
        after = found_next = Scope(*row)
        found.append(found_next)
    return found


def has_old_spend(connection: Connection, scope: Scope) -> bool:
    """Whether something of a scope may go."""
    edge = _edge(connection, scope)
    if edge is None:
        return False
    s, h = t.spend.c, t.spend_hour.c
    rows = select(s.at).where(s.account_id == scope.account, s.scope == scope.scope, s.at <= edge)
    hours = select(h.hour).where(
        h.account_id == scope.account, h.scope == scope.scope, h.hour < (edge + 1) // HOUR
    )
    return any(connection.execute(part.limit(1)).one_or_none() for part in (rows, hours))


def drop_spend(connection: Connection, scope: Scope) -> int:
    """Delete the oldest rows of a scope of a locked account that no window can ask for.

    When the rows are gone, their whole hours go. How many rows and hours went.
    """
    edge = _edge(connection, scope)  # asked again, under the lock
    if edge is None:
        return 0
    s, h = t.spend.c, t.spend_hour.c
    rows = (s.account_id == scope.account) & (s.scope == scope.scope) & (s.at <= edge)
    last = select(s.at).where(rows).order_by(s.at).offset(DELETED_MAX - 1).limit(1)
    until = connection.execute(last).scalar_one_or_none()
    if until is not None:
        return int(connection.execute(delete(t.spend).where(rows, s.at <= until)).rowcount)
    gone = int(connection.execute(delete(t.spend).where(rows)).rowcount)
    hours = (h.account_id == scope.account) & (h.scope == scope.scope)
    whole = delete(t.spend_hour).where(hours, h.hour < (edge + 1) // HOUR)
    return gone + int(connection.execute(whole).rowcount)


def _edge(connection: Connection, scope: Scope) -> Instant | None:
    """Rows at or before it are in no window, and will be in none; None: all may be needed."""
    a, v, w = t.account.c, t.spend_window.c, t.workspace.c
    query = (
        select(a.at, v.tail, v.limit_state, w.archived_at)
        .select_from(
            t.account.outerjoin(
                t.spend_window, (v.account_id == a.id) & (v.scope == scope.scope)
            ).outerjoin(t.workspace, (w.account_id == a.id) & (w.number == scope.scope))
        )
        .where(a.id == scope.account)
    )
    row = connection.execute(query).one()
    if row.tail is None and row.archived_at is None:
        return None
    # Time goes on from `at`, so no window will reach back beyond this, whatever its new period.
    edges: list[Instant] = [row.at - ROWS_KEPT]
    if row.tail is not None:
        edges.append(row.tail)
    state = limits.unpack(row.limit_state)
    if state is not None:
        edges.append(state.tail)
    return min(edges)
