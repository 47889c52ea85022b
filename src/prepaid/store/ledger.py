"""Reading the ledger and its charges."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, literal_column, select, tuple_

from prepaid.domain.accounts import Tag
from prepaid.domain.charges import Charge
from prepaid.domain.entries import Entry
from prepaid.domain.ids import AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.store import halving
from prepaid.store import tables as t
from prepaid.store.batching import rows
from prepaid.store.halving import Timed

NO_SEQ_YET: Seq = 2**62
# As the partial index has it, and of no type: SQLite does not see it behind `imported = 1`.
IMPORTED: ColumnElement[bool] = literal_column("charge.imported")

_ENTRIES = Timed(t.ledger_entry.c.account_id, t.ledger_entry.c.seq, t.ledger_entry.c.at)


def entries(connection: Connection, account: AccountId, before: Seq, limit: int) -> list[Entry]:
    """Entries of an account, newest first, those with a smaller sequence number than `before`."""
    e = t.ledger_entry.c
    query = (
        select(t.ledger_entry)
        .where(e.account_id == account, e.seq < before)
        .order_by(e.seq.desc())
        .limit(limit)
    )
    return [Entry(*row) for row in connection.execute(query)]


def charge(connection: Connection, account: AccountId, seq: Seq) -> Charge | None:
    """One charge."""
    c = t.charge.c
    query = select(t.charge).where(c.account_id == account, c.seq == seq)
    row = connection.execute(query).one_or_none()
    return None if row is None else rows.charge(row)


class Tagged(NamedTuple):
    """A charge with what answers say of its workspace."""

    charge: Charge
    tag: Tag | None


def tagged(connection: Connection, account: AccountId, seq: Seq) -> Tagged | None:
    """One charge with its workspace."""
    found = charge(connection, account, seq)
    return None if found is None else Tagged(found, tag(connection, found))


def tag(connection: Connection, value: Charge) -> Tag | None:
    """What answers say of a charge's workspace."""
    w, n = t.workspace.c, t.legal_name.c
    query = (
        select(w.number, w.name, n.legal_name)
        .join_from(
            t.workspace, t.legal_name, (w.account_id == n.account_id) & (w.number == n.number)
        )
        .where(
            w.account_id == value.account,
            w.number == value.workspace,
            n.version == value.version,
        )
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Tag(*row)


def tags(
    connection: Connection, account: AccountId, wanted: Sequence[tuple[WorkspaceNumber, int]]
) -> dict[tuple[WorkspaceNumber, int], Tag]:
    """What answers say of workspaces, by number and version of the legal name."""
    if not wanted:
        return {}
    w, n = t.workspace.c, t.legal_name.c
    query = (
        select(n.version, w.number, w.name, n.legal_name)
        .join_from(
            t.workspace, t.legal_name, (w.account_id == n.account_id) & (w.number == n.number)
        )
        .where(w.account_id == account, tuple_(n.number, n.version).in_(wanted))
    )
    return {(row.number, row.version): Tag(*row[1:]) for row in connection.execute(query)}


def seqs_around(
    connection: Connection, account: AccountId, start: Instant, end: Instant
) -> tuple[Seq, Seq]:
    """Sequence numbers `(low, high)` with every change of `[start, end)` strictly between.

    Time grows with the sequence number, so a binary search finds them without an index on time.
    """
    return _last_before(connection, account, start), first_from(connection, account, end)


def _last_before(connection: Connection, account: AccountId, at: Instant) -> Seq:
    e = t.ledger_entry.c
    first = first_from(connection, account, at)
    query = (
        select(e.seq).where(e.account_id == account, e.seq < first).order_by(e.seq.desc()).limit(1)
    )
    return connection.execute(query).scalar_one_or_none() or 0


def first_from(connection: Connection, account: AccountId, at: Instant) -> Seq:
    """Sequence number of the first entry of that time or later; `NO_SEQ_YET` when there is none."""
    e = t.ledger_entry.c
    newest = select(e.seq).where(e.account_id == account).order_by(e.seq.desc()).limit(1)
    last = connection.execute(newest).scalar_one_or_none() or 0
    found = halving.first(connection, account, _ENTRIES, last, at)
    return NO_SEQ_YET if found is None else found
