"""Spend windows and their rows, read without moving anything."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, column, func, select, values

from prepaid.domain.alarms import Alarm, unpack
from prepaid.domain.amounts import Micros
from prepaid.domain.freeing import ROWS_MAX, Row, Wanted
from prepaid.domain.ids import AccountId
from prepaid.domain.limits import unpack as unpack_limit
from prepaid.domain.windows import Slice, Window, cut
from prepaid.store import tables as t

PARTS_MAX = 100  # slices summed by one statement


def windows(connection: Connection, account: AccountId) -> dict[int, Window]:
    """Every window of an account, by scope."""
    w = t.spend_window.c
    query = select(
        w.account_id, w.scope, w.period, w.micros, w.tail, w.head, w.alarm, w.limit_state
    ).where(w.account_id == account)
    found = (
        Window(*row[:6], unpack(row.alarm), unpack_limit(row.limit_state))
        for row in connection.execute(query)
    )
    return {window.scope: window for window in found}


def low_balance_alarm(connection: Connection, account: AccountId) -> Alarm:
    """State of the account's low-balance tiers."""
    query = select(t.account.c.alarm).where(t.account.c.id == account)
    return unpack(connection.execute(query).scalar_one())


def total(connection: Connection, span: Slice) -> Micros:
    """The sum of the spend rows in a slice: rows at its ends, whole hours between."""
    s, h = t.spend.c, t.spend_hour.c
    micros = 0
    for part in cut(span):
        if part.is_hours:
            query = select(func.coalesce(func.sum(h.micros), 0)).where(
                h.account_id == span.account,
                h.scope == span.scope,
                h.hour >= part.after,
                h.hour < part.until,
            )
        else:
            query = select(func.coalesce(func.sum(s.micros), 0)).where(
                s.account_id == span.account,
                s.scope == span.scope,
                s.at > part.after,
                s.at <= part.until,
            )
        micros += int(connection.execute(query).scalar_one())
    return micros


def totals(connection: Connection, account: AccountId, spans: Sequence[Slice]) -> list[Micros]:
    """The sums of many slices of one account, a statement for each hundred of their parts."""
    found = [0] * len(spans)
    parts = [
        (part.is_hours, place, span.scope, part.after, part.until)
        for place, span in enumerate(spans)
        for part in cut(span)
    ]
    for is_hours in (True, False):
        asked = [part[1:] for part in parts if part[0] is is_hours]
        for first in range(0, len(asked), PARTS_MAX):
            query = _totals(account, asked[first : first + PARTS_MAX], is_hours=is_hours)
            for place, micros in connection.execute(query):
                found[place] += int(micros)
    return found


def _totals(
    account: AccountId, asked: Sequence[tuple[int, int, int, int]], *, is_hours: bool
) -> Select[Any]:
    names = ("place", "scope", "low", "high")
    given = values(*(column(name, BigInteger) for name in names), name="given").data(asked)
    g, table = given.cte(), t.spend_hour if is_hours else t.spend
    at = table.c.hour if is_hours else table.c.at
    within = (at >= g.c.low) & (at < g.c.high) if is_hours else (at > g.c.low) & (at <= g.c.high)
    mine = (table.c.account_id == account) & (table.c.scope == g.c.scope)
    return (
        select(g.c.place, func.sum(table.c.micros))
        .join_from(g, table, mine & within)
        .group_by(g.c.place)
    )


def rows(connection: Connection, account: AccountId, wanted: Wanted) -> list[Row]:
    """What finding out when a limit frees asks for, oldest first; rows only so many at a time."""
    s, h = t.spend.c, t.spend_hour.c
    if wanted.is_hours:
        query = select(h.hour, h.micros).where(
            h.account_id == account,
            h.scope == wanted.scope,
            h.hour >= wanted.after,
            h.hour <= wanted.until,
        )
    else:
        query = (
            select(s.at, s.micros)
            .where(
                s.account_id == account,
                s.scope == wanted.scope,
                s.at > wanted.after,
                s.at <= wanted.until,
            )
            .order_by(s.at)
            .limit(ROWS_MAX)
        )
    return [(row[0], row[1]) for row in connection.execute(query)]
