"""Credit that goes back because its money went back, and comes again because the money stayed.

What is taken of a top-up follows from the refunds and disputes that stand, and from nothing else:
reports may come late, twice and in any order. What was undone once never stands again.
"""

from msgspec.structs import replace

from prepaid.domain.amounts import Micros, cents
from prepaid.domain.book import Book, Outcome
from prepaid.domain.commands import CorrectTopup, ReverseCorrection
from prepaid.domain.evaluation import Evaluation
from prepaid.domain.topups.shares import Money, share
from prepaid.domain.topups.state import Correction, Event, Notice, Reversal, TopupState
from prepaid.domain.topups.topping_up import learned
from prepaid.domain.topups.topup import Attempt
from prepaid.domain.topups.wishes import state_of, want

_TAKEN = {"refund": "refunded", "dispute": "disputed"}
_UNDONE = {"refund": "refund_failed", "dispute": "dispute_won"}
_END = {"refund": "failed", "dispute": "won"}


def correct(book: Book, command: CorrectTopup) -> Outcome:
    """Take credit back because its money went back, once per reference of the provider."""
    state = state_of(book)
    attempt = state.attempt(command.number)
    reference = command.reference
    if reference in state.taken or reference in state.undone:
        return Outcome(book.account.seq, book.account.balance, topup=attempt)
    attempt = learned(book, state, attempt, command.payment)
    Evaluation(book, ())
    if command.cause == "dispute":
        # Whoever wants money back from the bank is not charged again without being asked.
        want(book, state, replace(state.auto, enabled=False))
    back = Money(command.price, command.currency)
    amount = max(0, _owed(state, attempt, back) - _held(state, attempt))
    seq = book.next_seq()
    note = f"{command.cause} {reference} of {attempt.id}"
    entry = book.post(seq, "correction", -amount, note=note)
    state.correct(
        Correction(attempt.number, reference, command.cause, *back, amount=amount, seq=seq)
    )
    _tell(book, state, command, _TAKEN[command.cause])
    return Outcome(seq, book.account.balance, entry=entry, topup=attempt)


def reverse(book: Book, command: ReverseCorrection) -> Outcome:
    """Give back what a refund or dispute took, once per reference: the money has stayed here.

    Reported first, it leaves a mark, so that the refund or dispute takes nothing any more. What
    others of the same payment still account for stays taken.
    """
    state = state_of(book)
    attempt = state.attempt(command.number)
    reference = command.reference
    if reference in state.undone:
        return Outcome(book.account.seq, book.account.balance, topup=attempt)
    attempt = learned(book, state, attempt, command.payment)
    evaluation = Evaluation(book, ())
    amount = 0
    if reference in state.taken:
        # Earlier releases rounded each refund down, so less may be held than is owed.
        amount = max(0, _held(state, attempt) - _owed(state, attempt, without=reference))
    seq = book.next_seq()
    state.reverse(Reversal(attempt.number, reference, command.cause, amount, seq))
    note = f"{command.cause} {reference} of {attempt.id} {_END[command.cause]}"
    entry = book.post(seq, "correction", amount, note=note)
    if amount > 0:
        evaluation.credited()
    if reference in state.taken:
        _tell(book, state, command, _UNDONE[command.cause], cents=str(cents(amount)))
    return Outcome(seq, book.account.balance, entry=entry, topup=attempt)


def _owed(
    state: TopupState, attempt: Attempt, more: Money | None = None, *, without: str | None = None
) -> Micros:
    """What is to be taken of the attempt, given what stands, and one more or without one."""
    standing = [
        Money(one.price, one.currency)
        for one in state.taken.values()
        if one.number == attempt.number
        and one.reference not in state.undone
        and one.reference != without
    ]
    if more is not None:
        standing.append(more)
    return share(attempt.amount, Money(attempt.price, attempt.currency), standing)


def _held(state: TopupState, attempt: Attempt) -> Micros:
    """What is taken of the attempt now."""
    number = attempt.number
    taken = sum(one.amount for one in state.taken.values() if one.number == number)
    returned = sum(one.amount for one in state.undone.values() if one.number == number)
    assert 0 <= returned <= taken <= attempt.amount + returned, "between nothing and all of it"
    return taken - returned


def _tell(
    book: Book,
    state: TopupState,
    command: CorrectTopup | ReverseCorrection,
    what: str,
    **more: str,
) -> None:
    """A line of the attempt's history, and a mail to the admins."""
    reference = command.reference
    attempt = state.attempt(command.number)
    money = f"{command.price} {command.currency}"
    state.events.append(Event(attempt.number, book.now, what, f"{reference} {money}"))
    facts = {
        "topup": attempt.id,
        "reference": reference,
        "price": str(command.price),
        "currency": command.currency,
        **more,
    }
    state.notices.append(Notice(f"topup_{what}:{reference}", f"topup_{what}", book.now, facts))
