"""What an account wants of auto top-up, and the card it pays with: changed in its order."""

from msgspec.structs import replace

from prepaid.domain.book import Book, Outcome
from prepaid.domain.commands import CancelTopup, ConfigureTopup, SetPaymentMethod
from prepaid.domain.evaluation import Evaluation
from prepaid.domain.topups import caps as topup_caps
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.caps import AutoTopup
from prepaid.domain.topups.state import Event, TopupState
from prepaid.domain.topups.topup import Attempt


def configure(book: Book, command: ConfigureTopup) -> Outcome:
    """Change what the account wants. Switching off cancels an attempt that nobody has asked for."""
    state = state_of(book)
    after = topup_caps.changed(state.auto, command.patch, state.method, state.terms.credit_price)
    if after == state.auto:
        return Outcome(book.account.seq, book.account.balance)
    Evaluation(book, ())
    want(book, state, after)
    return Outcome(book.next_seq(), book.account.balance)


def set_method(book: Book, command: SetPaymentMethod) -> Outcome:
    """Pay with another card from now on, or with none: then auto top-up is switched off."""
    state = state_of(book)
    Evaluation(book, ())
    if command.method is not None:
        state.method = replace(command.method, updated_at=book.now)
        return Outcome(book.next_seq(), book.account.balance)
    state.method = None
    want(book, state, replace(state.auto, enabled=False))
    running = state.standing.running
    if running is not None:
        cancel_unasked(book, state, state.attempts[running])
    return Outcome(book.next_seq(), book.account.balance)


def cancel(book: Book, command: CancelTopup) -> Outcome:
    """End an attempt that nobody has asked for."""
    state = state_of(book)
    cancel_unasked(book, state, state.attempt(command.number))
    return Outcome(book.account.seq, book.account.balance, topup=state.attempt(command.number))


def want(book: Book, state: TopupState, after: AutoTopup) -> None:
    """Put new wishes in force; switching off cancels an automatic attempt not asked for yet."""
    state.auto = after
    book.account.topup_on = after.enabled
    running = state.standing.running
    if not after.enabled and running is not None:
        attempt = state.attempts[running]
        if topups.switched_off(attempt, state.real_now) != attempt:
            cancel_unasked(book, state, attempt)


def cancel_unasked(book: Book, state: TopupState, attempt: Attempt) -> None:
    """End an attempt that nobody has asked for; another goes on."""
    if not attempt.is_running or attempt.asks > 0:
        return
    state.keep(replace(attempt, status="canceled", ended_at=state.real_now, next_at=None))
    state.events.append(Event(attempt.number, book.now, "canceled"))


def state_of(book: Book) -> TopupState:
    """The state that commands of top-ups work on."""
    assert book.topup is not None, "the store opens it for every command of a top-up"
    return book.topup
