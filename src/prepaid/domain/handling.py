"""One command, once per idempotency key: the door to everything that commands do."""

import msgspec
from msgspec.structs import replace

from prepaid.domain import groups, metering, topping_up, topup_wishes
from prepaid.domain.book import Book, Outcome, Stored
from prepaid.domain.commands import (
    ROUTES,
    AnswerTopup,
    CancelTopup,
    Command,
    ConfigureTopup,
    CorrectTopup,
    Credit,
    OpenTopup,
    Refund,
    Release,
    Reserve,
    SetPaymentMethod,
    Settle,
    Sweep,
    check_same,
    request_of,
)
from prepaid.domain.proxied import Group

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Outcome).decode


def apply(book: Book, command: Command) -> Outcome:
    """Do what a command asks, once per idempotency key.

    Raises:
        Refusal: the command is not allowed, and nothing has changed.
    """
    if command.key is None:
        return _do(book, command)
    route = ROUTES[type(command)]
    stored = book.keys.get((route, command.key))
    if stored is not None:
        check_same(command, stored.request)
        return _replay(book, stored)
    outcome = _do(book, command)
    kept = None if route == "charge" else _encode(outcome)
    stored = Stored(request_of(command), outcome.seq, book.now, kept)
    book.keys[route, command.key] = book.new_keys[route, command.key] = stored
    return outcome


def _do(book: Book, command: Command) -> Outcome:
    if isinstance(command, Group):
        outcome: Outcome = groups.apply(book, command)
    else:
        outcome = _done(book, command)
    if book.topup is not None:
        topping_up.check(book)
    return outcome


def _done(book: Book, command: Command) -> Outcome:  # noqa: PLR0911 - a line per command
    match command:
        case Reserve():
            return metering.reserve(book, command)
        case Settle():
            return metering.settle(book, command)
        case Release():
            return metering.release(book, command)
        case Refund():
            return metering.refund(book, command)
        case Credit():
            return metering.credit(book, command)
        case Sweep():
            return metering.sweep(book, command)
        case _:
            return _topped_up(book, command)


def _topped_up(book: Book, command: Command) -> Outcome:
    match command:
        case AnswerTopup():
            return topping_up.answer(book, command)
        case OpenTopup():
            return topping_up.open_by_hand(book, command)
        case ConfigureTopup():
            return topup_wishes.configure(book, command)
        case SetPaymentMethod():
            return topup_wishes.set_method(book, command)
        case CancelTopup():
            return topup_wishes.cancel(book, command)
        case CorrectTopup():
            return topping_up.correct(book, command)
        case _:
            raise AssertionError(command)


def _replay(book: Book, stored: Stored) -> Outcome:
    if stored.outcome is not None:
        return replace(_decode(stored.outcome), replayed=True)
    charge = book.charges[stored.seq]
    return Outcome(charge.seq, charge.balance, charge, book.tag(charge), replayed=True)
