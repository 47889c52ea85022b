"""What explains a line of a statement: how far each closing saw, and the refunds of charges."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.statements.explanation import Refunded
from prepaid.domain.statements.months import Month
from prepaid.store import tables as t

# As the partial index has it, so that it is found behind no bound value.
REFUND = text("ledger_entry.kind = 'refund'")


def marks(connection: Connection, account: AccountId) -> dict[Month, Seq]:
    """The number of the last change that each closed month has seen."""
    m = t.statement_month.c
    query = select(m.month, m.seq).where(m.account_id == account)
    return {row.month: row.seq for row in connection.execute(query)}


def refunds(
    connection: Connection, account: AccountId, charges: Sequence[Seq]
) -> dict[Seq, list[Refunded]]:
    """The refunds of some charges, by charge."""
    found: dict[Seq, list[Refunded]] = {}
    if not charges:
        return found
    e = t.ledger_entry.c
    query = select(e.charge, e.seq, e.amount).where(
        e.account_id == account, REFUND, e.charge.in_(charges)
    )
    for charge, seq, micros in connection.execute(query):
        found.setdefault(charge, []).append(Refunded(seq, micros))
    return found
