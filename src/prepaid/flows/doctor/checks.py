"""What the doctor lays side by side: each check yields the places where two accounts of it differ.

Sums are compared in the order both streams come in, so nothing is held but the present place.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from prepaid.domain import ids
from prepaid.domain.amounts import Micros, credit
from prepaid.domain.entries import CHAIN_START, USAGE_KINDS, link
from prepaid.domain.ids import ACCOUNT_WIDE
from prepaid.domain.instants import DAY, HOUR, Instant, iso_micros, month_of_day
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import MONTH as BY_MONTH
from prepaid.domain.usage import NO_SKU, WORKSPACE_DAY
from prepaid.domain.windows import GLOBAL, PERIOD_MAX
from prepaid.flows.doctor.streams import Difference, unequal
from prepaid.flows.doctor.topups import topups
from prepaid.store.recount import facts as recount
from prepaid.store.recount import limits as recount_limits
from prepaid.store.recount import spend as recount_spend
from prepaid.store.recount.facts import Cell, Held, Usage
from prepaid.store.vault import Connection

NOTHING: Usage = (0, 0)


class Seen:
    """What a check has counted on its way."""

    def __init__(self) -> None:
        self.entries = 0
        self.charges = 0
        self.usage: Micros = 0  # by the entries


Check = Callable[[Connection, Held, Seen], Iterator[Difference]]


def balance(connection: Connection, row: Held, seen: Seen) -> Iterator[Difference]:
    """The balance after every entry, and of the account."""
    total: Micros = 0
    before: Micros = 0
    for entry in recount.entries(connection, row.id):
        seen.entries += 1
        if entry.kind in USAGE_KINDS:
            seen.usage -= entry.amount
        total += entry.amount
        if entry.balance != before + entry.amount:
            place = f"balance after entry {entry.seq}"
            yield Difference(place, _credits(before + entry.amount), _credits(entry.balance))
        before = entry.balance
    if total != row.balance:
        yield Difference("balance of the account", _credits(total), _credits(row.balance))


def chain(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """The hash chain from its start; only its first broken entry tells anything."""
    last = CHAIN_START
    seq = 0
    for entry in recount.entries(connection, row.id):
        wanted = link(last, entry)
        if wanted != entry.hash:
            yield Difference(f"first broken entry {entry.seq}", wanted.hex(), entry.hash.hex())
            return
        last, seq = entry.hash, entry.seq
    if last != row.chain:
        yield Difference("last entry of the account", row.chain.hex(), last.hex())
    if seq > row.seq:
        yield Difference("last number of the account", f"{seq} or more", str(row.seq))


def charges(connection: Connection, row: Held, seen: Seen) -> Iterator[Difference]:
    """The entries of every charge come to what the account pays for it."""

    def paid() -> Iterator[tuple[int, Micros]]:
        for seq, amount in recount.charge_amounts(connection, row.id):
            seen.charges += 1
            yield seq, -amount

    for seq, expected, found in unequal(paid(), recount.entry_sums(connection, row.id), 0):
        place = f"entries of {ids.charge(row.id, seq)}"
        yield Difference(place, _credits(expected), _credits(found))


def days(connection: Connection, row: Held, seen: Seen) -> Iterator[Difference]:
    """Usage by day against the charges, and all of it against the entries."""
    total: Micros = 0

    def kept() -> Iterator[tuple[Cell, Usage]]:
        nonlocal total
        for cell, usage in recount.rollups(connection, row.id, BY_DAY):
            total += usage[1]
            yield cell, usage

    yield from _cells(connection, row, "day", recount.charge_days(connection, row.id), kept())
    if total != seen.usage:
        yield Difference("all days", _credits(seen.usage), _credits(total))


def months(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """Usage by month against the days."""
    by_day = recount.rollups(connection, row.id, BY_DAY)
    by_month = recount.rollups(connection, row.id, BY_MONTH)
    yield from _cells(connection, row, "month of", _by_month(by_day), by_month)


def _by_month(by_day: Iterable[tuple[Cell, Usage]]) -> Iterator[tuple[Cell, Usage]]:
    month = -1
    sums: dict[Cell, Usage] = {}
    for (day, workspace, sku), (count, micros) in by_day:
        if month_of_day(day) != month:
            yield from sorted(sums.items())
            month, sums = month_of_day(day), {}
        old = sums.get((month, workspace, sku), NOTHING)
        sums[month, workspace, sku] = (old[0] + count, old[1] + micros)
    yield from sorted(sums.items())


def workspace_days(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """Usage by day without SKUs against the days with them."""
    by_day = _without_skus(recount.rollups(connection, row.id, BY_DAY))
    found = recount.rollups(connection, row.id, WORKSPACE_DAY)
    yield from _cells(connection, row, "all SKUs on", by_day, found)


def _without_skus(by_day: Iterable[tuple[Cell, Usage]]) -> Iterator[tuple[Cell, Usage]]:
    for (day, workspace), same in groupby(by_day, lambda one: one[0][:2]):
        used = [usage for _, usage in same]
        yield (day, workspace, NO_SKU), (sum(n for n, _ in used), sum(m for _, m in used))


def _cells(
    connection: Connection,
    row: Held,
    word: str,
    expected: Iterable[tuple[Cell, Usage]],
    found: Iterable[tuple[Cell, Usage]],
) -> Iterator[Difference]:
    for (starts, workspace, sku), should, is_ in unequal(expected, found, NOTHING):
        day = iso_micros(starts * DAY)[:10]
        place = f"usage of {word} {day}, {_scope(connection, row, workspace)}"
        place += f", {sku}" if sku else ""
        yield Difference(place, _usage(should), _usage(is_))


def spend(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """Spend rows against the charges that a window may still hold."""
    after = _horizon(row)
    expected = recount_spend.charge_spend(connection, row.id, after)
    found = recount_spend.spend(connection, row.id, after)
    for (scope, at), should, is_ in unequal(expected, found, 0):
        place = f"spend of {_scope(connection, row, scope)} at {iso_micros(at)}"
        yield Difference(place, _credits(should), _credits(is_))


def hours(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """The ladder of hours against the spend rows."""
    first = _horizon(row) // HOUR + 1
    expected = recount_spend.spend_by_hour(connection, row.id, first)
    found = recount_spend.spend_hours(connection, row.id, first)
    for (scope, hour), should, is_ in unequal(expected, found, 0):
        at = f"{iso_micros(hour * HOUR)[:13]}h"
        place = f"hour of spend of {_scope(connection, row, scope)}, {at}"
        yield Difference(place, _credits(should), _credits(is_))


def windows(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """The running sum of every window against the rows between its frontier and its head."""
    for window in recount_spend.windows(connection, row.id):
        name = f"window of {_scope(connection, row, window.scope)}"
        if window.micros != window.rows:
            yield Difference(name, _credits(window.rows), _credits(window.micros))
        if window.newest > window.head:
            newest, head = iso_micros(window.newest), iso_micros(window.head)
            yield Difference(f"newest time in the {name}", newest, head)
    for scope in recount_spend.scopes_without_window(connection, row.id):
        yield Difference(f"window of {_scope(connection, row, scope)}", "there", "missing")


def limits(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """What each spend limit has counted against the rows after its frontier."""
    for limit in recount_limits.limits(connection, row.id):
        if limit.micros != limit.rows:
            name = f"spend within the limit of {_scope(connection, row, limit.scope)}"
            yield Difference(name, _credits(limit.rows), _credits(limit.micros))


def holds(connection: Connection, row: Held, _seen: Seen) -> Iterator[Difference]:
    """No open hold expires before the account says, or nobody would expire it."""
    due = recount.next_due(connection, row.id)
    if due is not None and (row.holds_due is None or row.holds_due > due):
        found = "never" if row.holds_due is None else iso_micros(row.holds_due)
        yield Difference("next expiry of a hold", f"{iso_micros(due)} or earlier", found)


#: Every check by name, in the order that the counts they share need.
CHECKS: dict[str, Check] = {
    "balance": balance,
    "chain": chain,
    "charges": charges,
    "usage by day": days,
    "usage by month": months,
    "usage by workspace and day": workspace_days,
    "spend": spend,
    "spend by hour": hours,
    "windows": windows,
    "spend limits": limits,
    "holds": holds,
    "top-ups": topups,
}


def _horizon(row: Held) -> Instant:
    # A charge older than the longest window may have been imported late and have no row.
    return row.at - PERIOD_MAX


def _credits(micros: Micros) -> str:
    return f"{credit(micros)} credits"


def _usage(value: Usage) -> str:
    return f"{value[0]} requests, {_credits(value[1])}"


def _scope(connection: Connection, row: Held, number: int) -> str:
    assert GLOBAL == ACCOUNT_WIDE, "both are number 0"
    if number == GLOBAL:
        return "the whole account"
    name = recount.workspace_name(connection, row.id, number)
    return f"workspace {number}" if name is None else f"workspace {name}"
