"""An account's past changes in order, and the spend rows that were in force before them."""

from sqlalchemy import Connection, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.rehearsal import Change
from prepaid.domain.windows import GLOBAL, PERIOD_MAX
from prepaid.store import ledger
from prepaid.store import tables as t


def changes(connection: Connection, account: AccountId, since: Instant, most: int) -> list[Change]:
    """Ledger entries from `since` on, oldest first, each with its charge's workspace and time."""
    e, c = t.ledger_entry.c, t.charge.c
    first, _ = ledger.seqs_around(connection, account, since, since)
    query = (
        select(
            e.seq,
            e.at,
            e.amount,
            e.charge,
            func.coalesce(c.workspace, 0),
            func.coalesce(c.reserved_at, 0),
        )
        .join_from(
            t.ledger_entry,
            t.charge,
            (c.account_id == e.account_id) & (c.seq == e.charge),
            isouter=True,
        )
        .where(e.account_id == account, e.seq > first, e.at >= since)
        .order_by(e.seq)
        .limit(most)
    )
    return [Change(*row) for row in connection.execute(query)]


def spend_before(
    connection: Connection, account: AccountId, since: Instant
) -> dict[int, dict[Instant, Micros]]:
    """Spend rows, by scope, of the charges that a window could still hold at `since`.

    From the charges themselves: rows older than 31 days are pruned, charges are not. A charge
    that was changed after `since` counts with what it was then.
    """
    c, e = t.charge.c, t.ledger_entry.c
    low, high = ledger.seqs_around(connection, account, since - PERIOD_MAX, since)
    moved = (
        select(e.charge, func.sum(e.amount).label("micros"))
        .where(e.account_id == account, e.seq > low, e.seq < high, e.charge.is_not(None))
        .group_by(e.charge)
        .subquery()
    )
    query = (
        select(c.workspace, c.reserved_at, func.sum(-moved.c.micros))
        .join_from(moved, t.charge, (c.account_id == account) & (c.seq == moved.c.charge))
        .where(c.reserved_at > since - PERIOD_MAX, c.reserved_at < since)
        .group_by(c.workspace, c.reserved_at)
    )
    rows: dict[int, dict[Instant, Micros]] = {}
    for workspace, at, micros in connection.execute(query):
        for scope in {GLOBAL, workspace}:
            found = rows.setdefault(scope, {})
            found[at] = found.get(at, 0) + int(micros)
    return rows
