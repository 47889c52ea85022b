"""An account's charges, newest first, a bounded step at a time: no list is too long.

A charge stands at its `reservedAt`. Numbers grow with time, so the steps go down the primary key;
imports carry times of the past and come by their own index, and each step puts the two together.
"""

from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import BindParameter, Connection, Select, bindparam, or_, select, tuple_

from prepaid.domain.charges import Status
from prepaid.domain.ids import AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.store import ledger
from prepaid.store import tables as t
from prepaid.store.batching import rows
from prepaid.store.ledger import IMPORTED, Tagged

SPAN = 20_000  # numbers, and imports, that one step looks through for what is wanted


class Place(NamedTuple):
    """Where a charge stands in the list."""

    at: Instant
    seq: Seq


NOWHERE = Place(0, 0)  # before every charge


class Wanted(Struct, frozen=True):
    """Which charges: reserved in `[start, end)`; None is any."""

    start: Instant
    end: Instant
    workspaces: tuple[WorkspaceNumber, ...] | None = None
    sku: str | None = None
    statuses: tuple[Status, ...] | None = None
    moved_after: Seq | None = None  # only those made, ended or ever refunded after this change

    @property
    def top(self) -> Place:
        """The list begins before this place."""
        return Place(self.end, 0)

    @property
    def bottom(self) -> Place:
        """No charge of the list stands before this place."""
        return Place(self.start, 0)


class Step(NamedTuple):
    """Some charges, and before which place the list goes on; None: that was all."""

    charges: list[Tagged]
    next: Place | None


def step(
    connection: Connection, account: AccountId, wanted: Wanted, before: Place, limit: int
) -> Step:
    """The charges that stand next before a place, at most `limit`; perhaps none yet."""
    high = _high(connection, account, before)
    floor = _floor(connection, account, before, high)
    low = high - SPAN if floor.live > NOWHERE else 0
    bottom = max(wanted.bottom, *floor)
    charge = t.charge.c
    query = _query(account, wanted, bottom, before).limit(limit)
    live = query.where(~IMPORTED, charge.seq >= low, charge.seq < high).order_by(charge.seq.desc())
    past = query.where(IMPORTED).order_by(charge.reserved_at.desc(), charge.seq.desc())
    found = [rows.charge(row) for part in (live, past) for row in connection.execute(part)]
    found.sort(key=lambda one: (one.reserved_at, one.seq), reverse=True)
    del found[limit:]
    following: Place | None = None
    if len(found) == limit:
        following = Place(found[-1].reserved_at, found[-1].seq)
    elif bottom > wanted.bottom:
        following = bottom
    places = sorted({(one.workspace, one.version) for one in found})
    tags = ledger.tags(connection, account, places)
    tagged = [Tagged(one, tags.get((one.workspace, one.version))) for one in found]
    return Step(tagged, following)


def _query(account: AccountId, wanted: Wanted, bottom: Place, before: Place) -> Select[Any]:
    c = t.charge.c
    place = tuple_(c.reserved_at, c.seq)
    query = select(t.charge).where(c.account_id == account, place >= bottom, place < before)
    if wanted.workspaces is not None:
        # Written out: a name may have been used more often than a statement takes parameters.
        numbers: BindParameter[int] = bindparam(
            "workspaces", wanted.workspaces, expanding=True, literal_execute=True
        )
        query = query.where(c.workspace.in_(numbers))
    if wanted.sku is not None:
        query = query.where(c.sku == wanted.sku)
    if wanted.statuses is not None:
        query = query.where(c.status.in_(wanted.statuses))
    if wanted.moved_after is not None:
        # A charge does not tell when it was refunded: an early refund is looked at too.
        ended = or_(c.ended_seq > wanted.moved_after, c.amount != c.ended_amount)
        query = query.where(or_(c.seq > wanted.moved_after, ended))
    return query


def _high(connection: Connection, account: AccountId, before: Place) -> Seq:
    """Every live charge that stands before the place has a smaller number than this."""
    high = ledger.first_from(connection, account, before.at + 1)
    if high < ledger.NO_SEQ_YET:
        return high
    newest = select(t.account.c.seq).where(t.account.c.id == account)
    return (connection.execute(newest).scalar_one_or_none() or 0) + 1


class _Floor(NamedTuple):
    """How far down this step has seen everything."""

    live: Place
    past: Place


def _floor(connection: Connection, account: AccountId, before: Place, high: Seq) -> _Floor:
    e, c = t.ledger_entry.c, t.charge.c
    live = past = NOWHERE
    entry = (
        select(e.at, e.seq)
        .where(e.account_id == account, e.seq >= high - SPAN, e.seq < high)
        .order_by(e.seq)
        .limit(1)
    )
    if high > SPAN:
        # Free requests leave no entry to tell the time by; were there no others, all is read.
        row = connection.execute(entry).one_or_none()
        live = Place(*row) if row is not None and Place(*row) < before else NOWHERE
    place = tuple_(c.reserved_at, c.seq)
    imported = (
        select(c.reserved_at, c.seq)
        .where(c.account_id == account, IMPORTED, place < before)
        .order_by(c.reserved_at.desc(), c.seq.desc())
        .offset(SPAN)
        .limit(1)
    )
    row = connection.execute(imported).one_or_none()
    return _Floor(live, past if row is None else Place(*row))
