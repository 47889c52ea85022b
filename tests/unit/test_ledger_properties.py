"""The ledger's laws, over any sequence of commands; no database, no clock."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command, Credit
from prepaid.domain.entries import USAGE_KINDS
from prepaid.domain.instants import DAY, day_of
from prepaid.domain.refusals import Refusal
from tests.store.recount import check_charges, check_entries
from tests.unit.shelf import START, Batch, Result, Shelf, histories

pytestmark = pytest.mark.timeout(600)  # to find the shortest history that breaks a law

ADA = 7
GRANT = 20 * CREDIT

floors = st.sampled_from((None, None, 0, -5 * CREDIT, 5 * CREDIT))


def lived(history: Sequence[Batch], floor: int | None = None) -> list[tuple[Shelf, list[Result]]]:
    """An account with some credit, its history, and what each batch was answered."""
    shelf = Shelf(ADA, floor)
    shelf.apply(START + 1, [Credit(account=ADA, amount=GRANT, reason="a grant")])
    told, now = [], START + 1
    for batch in history:
        now += batch.gap
        told.append((shelf, shelf.apply(now, shelf.concrete(batch, now))))
        check(shelf)
    return told


def check(shelf: Shelf) -> None:
    """What holds after every batch."""
    entries = shelf.entries
    assert shelf.account.balance == sum(entry.amount for entry in entries)
    check_entries(entries)
    assert shelf.account.chain == entries[-1].hash
    check_charges(entries, shelf.charges)
    used = -sum(entry.amount for entry in entries if entry.kind in USAGE_KINDS)
    assert used == sum(charge.amount for charge in shelf.charges.values())


@given(histories, floors)
def test_balance_usage_and_chain_hold_after_any_commands(
    history: list[Batch], floor: int | None
) -> None:
    """The balance is the sum of the entries, usage what left it; a refusal changes nothing."""
    lived(history, floor)


@given(histories)
def test_reports_and_windows_hold_what_the_charges_say(history: list[Batch]) -> None:
    """Each charge counts once, with one amount, at its own time."""
    ((shelf, _), *_) = lived(history)
    days: Counter[tuple[int, int, str]] = Counter()
    counts: Counter[tuple[int, int, str]] = Counter()
    for charge in shelf.charges.values():
        place = (day_of(charge.reserved_at), charge.workspace, charge.sku)
        days[place] += charge.amount
        counts[place] += charge.status in ("held", "settled")
    now = shelf.account.at
    for grain in "dmw":
        assert sum(n for cell, n in shelf.cells.items() if cell.grain == grain) == days.total()
        assert sum(n for cell, n in shelf.counts.items() if cell.grain == grain) == counts.total()
    for cell, amount in shelf.cells.items():
        if cell.grain == "d":
            place = (cell.starts, cell.workspace, cell.sku)
            assert (amount, shelf.counts[cell]) == (days[place], counts[place])
    in_window = [c for c in shelf.charges.values() if now - DAY < c.reserved_at <= now]
    assert shelf.spent == sum(charge.amount for charge in in_window)


@given(histories, floors)
def test_every_answer_carries_its_number_and_the_balance_at_it(
    history: list[Batch], floor: int | None
) -> None:
    """Sequence numbers of new changes go up by one; no two changes share one."""
    seqs = [0]
    for shelf, results in lived(history, floor):
        balances = {entry.seq: entry.balance for entry in shelf.entries}
        for result in results:
            if isinstance(result, Refusal):
                continue
            assert result.balance == balances.get(result.seq, result.balance)
            seqs.append(result.seq)
        assert max(seqs) <= shelf.account.seq
        named = {entry.seq for entry in shelf.entries} | set(shelf.charges)
        ended = {charge.ended_seq for charge in shelf.charges.values()} - {None}
        assert (named | ended) <= set(range(1, shelf.account.seq + 1))


@given(histories)
def test_asking_a_whole_history_again_by_its_keys_changes_nothing(history: list[Batch]) -> None:
    """Every command that was done under a key is answered as it was the first time."""
    shelf = Shelf(ADA)
    shelf.apply(START + 1, [Credit(account=ADA, amount=GRANT, reason="a grant")])
    done: dict[tuple[type[Command], str], tuple[Command, Outcome]] = {}
    now = START + 1
    for batch in history:
        now += batch.gap
        commands = shelf.concrete(batch, now)
        for command, result in zip(commands, shelf.apply(now, commands), strict=True):
            if command.key is not None and isinstance(result, Outcome) and not result.replayed:
                assert (type(command), command.key) not in done
                done[type(command), command.key] = (command, result)
    lines, seq = len(shelf.entries), shelf.account.seq
    again = shelf.apply(now, [command for command, _ in done.values()])

    assert (len(shelf.entries), shelf.account.seq) == (lines, seq)
    for (_, first), second in zip(done.values(), again, strict=True):
        assert isinstance(second, Outcome)
        assert second.replayed
        assert (second.seq, second.balance, second.tag, second.entry) == (
            first.seq,
            first.balance,
            first.tag,
            first.entry,
        )


@given(histories, st.integers(0, 40))
def test_whoever_sweeps_and_when_the_entries_are_the_same(history: list[Batch], every: int) -> None:
    """An expiry stands at its own time, so the sweeper's visits leave no trace."""
    often, never = Shelf(ADA), Shelf(ADA)
    grant = Credit(account=ADA, amount=GRANT, reason="a grant")
    for shelf in (often, never):
        shelf.apply(START + 1, [grant])
    now = START + 1
    for batch in history:
        last, now = now, now + batch.gap
        for visit in range(every):
            at = last + batch.gap * visit // (every + 1)
            if at > last:
                often.apply(at, [])
        commands = never.concrete(batch, now)
        assert [_shown(r) for r in often.apply(now, commands)] == [
            _shown(r) for r in never.apply(now, commands)
        ]

    assert often.entries == never.entries
    assert often.charges == never.charges
    assert often.spent == never.spent


def _shown(result: Result) -> object:
    return result.message if isinstance(result, Refusal) else result


@given(histories)
def test_time_goes_on_from_entry_to_entry(history: list[Batch]) -> None:
    ((shelf, _), *_) = lived(history)

    assert all(a.at <= b.at and a.seq < b.seq for a, b in pairwise(shelf.entries))
