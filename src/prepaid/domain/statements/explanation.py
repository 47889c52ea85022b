"""What one charge has to do with one line of a statement. Pure; knows no statements."""

from collections.abc import Iterable
from typing import NamedTuple

from prepaid.domain.amounts import Micros
from prepaid.domain.charges import Charge
from prepaid.domain.ids import Seq
from prepaid.domain.statements.statement import Used


class Refunded(NamedTuple):
    """One refund of a charge."""

    seq: Seq
    micros: Micros


class Span(NamedTuple):
    """The changes a line bills: those after one closing, until another."""

    after: Seq | None  # None: from the beginning
    until: Seq | None  # None: until now


def share(charge: Charge, refunds: Iterable[Refunded], span: Span) -> Used:
    """What a charge adds to the line that bills the changes of a span."""
    refunds = tuple(refunds)
    after = _billable(charge, refunds, span.until)
    if span.after is None:
        return after
    before = _billable(charge, refunds, span.after)
    return Used(after.count - before.count, after.micros - before.micros)


def _billable(charge: Charge, refunds: Iterable[Refunded], seq: Seq | None) -> Used:
    """What a charge came to right after a closing; None is now.

    No month is closed with a charge of it held. So one that is settled by now and was not at the
    closing had expired by then, or was not told yet, and came to nothing.
    """
    if seq is None:
        return Used(int(charge.status in ("held", "settled")), charge.amount)
    if charge.status != "settled" or charge.ended_seq is None or charge.ended_seq > seq:
        return Used(0, 0)
    assert charge.ended_amount is not None, "a settled charge has its amount"
    back = sum(refund.micros for refund in refunds if refund.seq <= seq)
    return Used(1, charge.ended_amount - back)
