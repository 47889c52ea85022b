"""One command, once per idempotency key: the door to everything that commands do."""

import msgspec
from msgspec.structs import replace

from prepaid.domain import metering
from prepaid.domain.book import Book, Outcome, Stored
from prepaid.domain.commands import (
    ROUTES,
    Command,
    Credit,
    Refund,
    Release,
    Reserve,
    Settle,
    Sweep,
    check_same,
    request_of,
)

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
            raise AssertionError(command)


def _replay(book: Book, stored: Stored) -> Outcome:
    if stored.outcome is not None:
        return replace(_decode(stored.outcome), replayed=True)
    charge = book.charges[stored.seq]
    return Outcome(charge.seq, charge.balance, charge, book.tag(charge), replayed=True)
