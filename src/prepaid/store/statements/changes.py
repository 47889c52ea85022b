"""Which charges of a time that is over have changed since an account was looked at.

A charge that has ended changes by a refund or by a settle after its expiry; a new one is of the
past if it is imported, or if the clock went back. Each is found by an index with few rows, so the
cost goes by what has changed and not by what there is. Charges that were held then are not found.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from prepaid.domain.charges import IMPORT_AGE_MAX
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import DAY, Instant, Span
from prepaid.store import ledger
from prepaid.store import tables as t

# As the partial indexes have them, so that they are found behind no bound value.
REFUND = text("ledger_entry.kind = 'refund'")
LATE_SETTLE = text("charge.status = 'settled' AND charge.ended_at >= charge.expires_at")
REACH: Span = IMPORT_AGE_MAX + DAY  # a day more, for clocks that went back


class Mark(NamedTuple):
    """How far somebody has seen an account."""

    seq: Seq  # the account's by then
    at: Instant


def since(
    connection: Connection, account: AccountId, mark: Mark, before: Instant
) -> Iterator[Instant]:
    """When the charges were reserved that have changed after a mark: those before a moment."""
    c, e = t.charge.c, t.ledger_entry.c
    of_past = select(c.reserved_at).where(c.account_id == account, c.reserved_at < before)
    refunded = of_past.join(
        t.ledger_entry, (e.account_id == c.account_id) & (e.charge == c.seq)
    ).where(e.account_id == account, e.seq > mark.seq, REFUND)
    settled = of_past.where(c.ended_seq > mark.seq, LATE_SETTLE)
    imported = of_past.where(c.reserved_at >= mark.at - REACH, c.seq > mark.seq, ledger.IMPORTED)
    for query in (refunded, settled, imported):
        yield from connection.execute(query).scalars()
    yield from _made_behind(connection, account, mark.seq, before)


def _made_behind(
    connection: Connection, account: AccountId, seq: Seq, before: Instant
) -> Iterator[Instant]:
    """New charges by a clock that went back; time grows with the number, so the first ones."""
    c = t.charge.c
    query = (
        select(c.seq, c.reserved_at)
        .where(c.account_id == account, ~c.imported)
        .order_by(c.seq)
        .limit(1)
    )
    while row := connection.execute(query.where(c.seq > seq)).one_or_none():
        seq, at = row
        if at >= before:
            return
        yield at
