"""One command, once per idempotency key: the door to everything that commands do."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from prepaid.domain import groups, metering
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
    ReverseCorrection,
    SetPaymentMethod,
    Settle,
    Sweep,
    check_same,
    request_of,
)
from prepaid.domain.proxied import ReserveGroup, SettleGroup
from prepaid.domain.topups import returns as topup_returns
from prepaid.domain.topups import topping_up
from prepaid.domain.topups import wishes as topup_wishes

# What does a command, by its type. Each takes its own kind, which the key says.
_HANDLERS: dict[type[Command], Callable[..., Outcome]] = {  # type: ignore[explicit-any]
    Reserve: metering.reserve,
    Settle: metering.settle,
    Release: metering.release,
    Refund: metering.refund,
    Credit: metering.credit,
    Sweep: metering.sweep,
    ReserveGroup: groups.reserve,
    SettleGroup: groups.settle,
    OpenTopup: topping_up.open_by_hand,
    AnswerTopup: topping_up.answer,
    CorrectTopup: topup_returns.correct,
    ReverseCorrection: topup_returns.reverse,
    ConfigureTopup: topup_wishes.configure,
    SetPaymentMethod: topup_wishes.set_method,
    CancelTopup: topup_wishes.cancel,
}
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
    outcome = _HANDLERS[type(command)](book, command)
    if book.topup is not None:
        topping_up.check(book)
    return outcome


def _replay(book: Book, stored: Stored) -> Outcome:
    if stored.outcome is not None:
        return replace(_decode(stored.outcome), replayed=True)
    charge = book.charges[stored.seq]
    return Outcome(charge.seq, charge.balance, charge, book.tag(charge), replayed=True)
