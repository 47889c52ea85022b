"""Forgets proxied requests, their keys and repeat marks. Knows no reasons, only times."""

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, select, tuple_

from prepaid.domain.instants import Instant
from prepaid.store import tables as t


def prune(connection: Connection, before: Instant, now: Instant, limit: int) -> int:
    """Delete at most `limit` of each: requests answered `before`, keys and marks over by `now`.

    How many there were. Requests that somebody still goes on with stay.
    """
    r = t.proxied_request.c
    old = and_(r.due_at.is_(None), r.answered_at < before)
    return (
        _some(connection, t.proxied_request, old, r.answered_at, limit)
        + _some(connection, t.proxied_key, *_over(t.proxied_key, now), limit)
        + _some(connection, t.repeat_mark, *_over(t.repeat_mark, now), limit)
    )


def _over(table: Table, now: Instant) -> tuple[ColumnElement[bool], Column[int]]:
    until: Column[int] = table.c.kept_until
    return until < now, until


def _some(
    connection: Connection,
    table: Table,
    condition: ColumnElement[bool],
    order: Column[int],
    limit: int,
) -> int:
    """Delete the oldest. Rows somebody is at are skipped: their transaction makes them young."""
    place = tuple(table.primary_key)
    query = (
        select(*place).where(condition).order_by(order).limit(limit)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    found = [tuple(row) for row in connection.execute(query)]
    if found:
        connection.execute(delete(table).where(tuple_(*place).in_(found)))
    return len(found)
