"""The doctor's look at top-ups: credit that was bought, beside the ledger that it went into."""

from collections.abc import Iterator

from prepaid.domain.amounts import credit
from prepaid.flows.doctor_streams import Difference, unequal
from prepaid.store import recount_topups as recount
from prepaid.store.recount import Held
from prepaid.store.vault import Connection


def topups(connection: Connection, row: Held, _seen: object) -> Iterator[Difference]:
    """Each top-up that succeeded was credited once, with its own amount; refunds were taken back.

    What was paid for and not credited, or credited twice, is money: so it has a check of its own.
    """
    bought = recount.credits(connection, row.id)
    entries = recount.credited_entries(connection, row.id)
    for seq, should, is_ in unequal(bought, entries, 0):
        yield Difference(f"top-up in entry {seq}", _credits(should), _credits(is_))
    succeeded = recount.succeeded(connection, row.id)
    for number, should, is_ in unequal(succeeded, recount.credited(connection, row.id), 0):
        yield Difference(f"credits of top-up {number}", str(should), str(is_))
    for seq, amount, taken in recount.corrections(connection, row.id):
        if amount != taken:
            yield Difference(f"refund in entry {seq}", _credits(amount), _credits(taken))


def _credits(micros: int) -> str:
    return f"{credit(micros)} credits"
