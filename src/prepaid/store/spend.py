"""Spend windows, read without moving them."""

from sqlalchemy import Connection, func, select

from prepaid.domain.alarms import Alarm, unpack
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.domain.windows import Slice, Window, cut
from prepaid.store import tables as t


def windows(connection: Connection, account: AccountId) -> dict[int, Window]:
    """Every window of an account, by scope."""
    w = t.spend_window.c
    query = select(w.account_id, w.scope, w.period, w.micros, w.tail, w.head, w.alarm).where(
        w.account_id == account
    )
    found = (Window(*row[:6], unpack(row.alarm)) for row in connection.execute(query))
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
