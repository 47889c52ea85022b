"""The doctor's look at top-ups: credit that was bought, beside the ledger that it went into."""

from collections.abc import Iterator
from itertools import groupby

from prepaid.domain.amounts import Micros, credit
from prepaid.domain.topups.shares import Money, share
from prepaid.flows.doctor.streams import Difference, unequal
from prepaid.store.recount import topups as recount
from prepaid.store.recount.facts import Held
from prepaid.store.recount.topups import Return
from prepaid.store.vault import Connection


def topups(connection: Connection, row: Held, _seen: object) -> Iterator[Difference]:
    """Each top-up that succeeded was credited once, with its own amount; refunds were taken back.

    Refunds that failed were put back. What was paid for and not credited, or credited twice, is
    money: so it has a check of its own.
    """
    bought = recount.credits(connection, row.id)
    entries = recount.credited_entries(connection, row.id)
    for seq, should, is_ in unequal(bought, entries, 0):
        yield Difference(f"top-up in entry {seq}", _credits(should), _credits(is_))
    succeeded = recount.succeeded(connection, row.id)
    for number, should, is_ in unequal(succeeded, recount.credited(connection, row.id), 0):
        yield Difference(f"credits of top-up {number}", str(should), str(is_))
    yield from _returns(connection, row)


def _returns(connection: Connection, row: Held) -> Iterator[Difference]:
    """Each refund and dispute, and each end of one, is in the ledger; together they are right."""
    for seq, amount, taken in recount.corrections(connection, row.id):
        if amount != taken:
            yield Difference(f"refund in entry {seq}", _credits(amount), _credits(taken))
    for seq, amount, given in recount.reversals(connection, row.id):
        if amount != given:
            yield Difference(f"undone refund in entry {seq}", _credits(amount), _credits(given))
    for number, lines in groupby(recount.returns(connection, row.id), lambda line: line.number):
        should, is_, slack = _taken(list(lines))
        if not 0 <= should - is_ <= slack:
            yield Difference(f"taken back of top-up {number}", _credits(should), _credits(is_))


def _taken(lines: list[Return]) -> tuple[Micros, Micros, Micros]:
    """What is to be taken of a top-up, what is, and how much less that may be."""
    undone = {line.reference for line in lines if line.is_end}
    taken = [line for line in lines if not line.is_end]
    stands = [Money(one.price, one.currency) for one in taken if one.reference not in undone]
    paid = Money(lines[0].paid, lines[0].paid_currency)
    should = share(lines[0].bought, paid, stands)
    # The first releases rounded each refund down, where the sum is rounded now.
    return should, sum(line.amount for line in lines), max(0, len(taken) - 1)


def _credits(micros: int) -> str:
    return f"{credit(micros)} credits"
