"""What the commands of top-ups do to an account, and step 5 of every evaluation.

Checks first, then changes: a refusal changes nothing. Each of these runs inside the transaction of
its batch, under the account's lock; nobody is asked for money here.
"""

from msgspec.structs import replace

from prepaid.domain.book import Book, Outcome
from prepaid.domain.commands import AnswerTopup, OpenTopup
from prepaid.domain.entries import Entry
from prepaid.domain.evaluation import Evaluation
from prepaid.domain.ids import Seq
from prepaid.domain.notifications import Cause
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.topups import caps as topup_caps
from prepaid.domain.topups import events as topup_events
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.answers import Paid, Unreachable
from prepaid.domain.topups.state import Event, Notice, TopupState
from prepaid.domain.topups.topup import Attempt, Turn
from prepaid.domain.topups.wishes import state_of, want


def check(book: Book) -> None:
    """Open an automatic attempt if the account wants one now: by level, after every command."""
    state = book.topup
    if state is None or book.account.closed:
        return
    standing = state.standing
    reason = topup_caps.verdict(
        state.auto,
        book.account.balance,
        is_running=standing.running is not None,
        method=state.method,
        tally=standing.tally,
        now=book.now,
    )
    if reason == "open":
        state.open(book.account.id, "auto", state.auto.amount, book.now)
        return
    period = topup_caps.cap_period(reason, book.now)
    if period is None or period == standing.told:
        return
    state.standing = replace(standing, told=period)
    facts = {"cap": period.partition(":")[0], "period": period.partition(":")[2]}
    state.notices.append(Notice(f"topup_cap:{period}", "topup_cap", book.now, facts))


def open_by_hand(book: Book, command: OpenTopup) -> Outcome:
    """Buy credit once. Never counted in caps."""
    state = state_of(book)
    if book.account.closed:
        raise Refusal("account_closed", "the account is closed; reopen it to buy credit")
    amount = topup_caps.bought(command.cents, state.terms.credit_price)
    if state.method is None:
        raise invalid("paymentMethod", "is missing; set one first")
    if state.standing.running is not None:
        raise topup_caps.in_progress()
    Evaluation(book, ())
    attempt = state.open(book.account.id, "manual", amount, book.now)
    return Outcome(book.next_seq(), book.account.balance, topup=attempt)


def answer(book: Book, command: AnswerTopup) -> Outcome:
    """Take what the provider said of an attempt: credit it, fail it, or wait."""
    state = state_of(book)
    before = state.attempt(command.number)
    if command.claim is not None:
        if state.claims.get(command.number) == command.claim:
            state.released.add(command.number)
        elif not isinstance(command.answer, Paid):
            # Somebody else works on it now. Only money that was taken counts all the same.
            return Outcome(book.account.seq, book.account.balance, topup=before)
    return _turned(book, state, before, _turn(book, before, command))


def learned(book: Book, state: TopupState, attempt: Attempt, payment: str) -> Attempt:
    """Money that goes back was taken before: an attempt that did not know it is credited now."""
    turn = topups.answered(attempt, Paid(payment, attempt.receipt_url), state.real_now)
    return _turned(book, state, attempt, turn).topup or attempt


def _turn(book: Book, before: Attempt, command: AnswerTopup) -> Turn:
    found, now = command.answer, state_of(book).real_now
    if command.step == "cancel" and found is not None:
        return topups.payment_canceled(before, found, now)
    if found is None or (command.step == "look_up" and not isinstance(found, Unreachable)):
        return topups.looked_up(before, found, command.at, is_closed=book.account.closed)
    return topups.answered(before, found, now)


def _turned(book: Book, state: TopupState, before: Attempt, turn: Turn) -> Outcome:
    attempt = turn.attempt
    if attempt != before:
        state.keep(attempt)
    _note(book, state, before, turn)
    entry: Entry | None = None
    if turn.effect == "credited":
        entry = _credit(book, state, attempt, book.next_seq())
    elif turn.effect == "failed" and attempt.kind == "auto":
        _fail(book, state, attempt, book.next_seq())
    return Outcome(book.account.seq, book.account.balance, entry=entry, topup=attempt)


def _credit(book: Book, state: TopupState, attempt: Attempt, seq: Seq) -> Entry | None:
    evaluation = Evaluation(book, ())
    before = book.account.balance
    entry = book.post(seq, "topup", attempt.amount, note=attempt.id)
    state.credits.append((attempt.number, seq))
    evaluation.credited()
    after = book.account.balance
    cause = Cause(book.account.id, seq, 0, book.now, None, before, after, after)
    told = topup_events.succeeded(cause, attempt, state.auto.threshold, book.directory.config)
    if told is not None:
        book.notifications.append(told)
    return entry


def _fail(book: Book, state: TopupState, attempt: Attempt, seq: Seq) -> None:
    Evaluation(book, ())
    want(book, state, topup_caps.failed(state.auto, book.now))
    balance = book.account.balance
    cause = Cause(book.account.id, seq, 0, book.now, None, balance, balance, balance)
    told = topup_events.failed(cause, attempt, book.directory.config)
    if told is not None:
        book.notifications.append(told)


def _note(book: Book, state: TopupState, before: Attempt, turn: Turn) -> None:
    """What an answer meant, for the attempt's history; an answer that changed nothing is silent."""
    after = turn.attempt
    if after == before:
        return
    number, at = after.number, book.now
    if turn.effect == "credited":
        state.events.append(Event(number, at, "succeeded", after.payment))
    elif turn.effect == "failed":
        state.events.append(Event(number, at, "failed", after.error))
    elif after.error is not None and after.is_running:
        state.events.append(Event(number, at, "unreachable", after.error))
    elif after.payment is not None and after.is_running:
        state.events.append(Event(number, at, "pending", after.payment))
    elif after.is_running:
        state.events.append(Event(number, at, "not_found"))
    elif after.status == "canceled":
        state.events.append(Event(number, at, "canceled"))
    elif before.next_at is not None and after.next_at is None:
        state.events.append(Event(number, at, "payment_canceled", after.payment))
