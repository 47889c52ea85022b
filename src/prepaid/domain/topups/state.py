"""Top-ups of one account within one batch: its terms, how it stands, and what has changed.

Made by the store for accounts that have auto top-up on or are asked about a top-up, and for no
other: while it is off, a charge pays nothing for any of this.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import not_found
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.caps import AutoTopup, PaymentMethod, Tally, price
from prepaid.domain.topups.topup import Attempt, Kind


class Terms(Struct, frozen=True):
    """What holds until somebody changes it; kept with the account's other facts by its epoch."""

    auto: AutoTopup
    method: PaymentMethod | None
    credit_price: int  # minor units of `currency` per credit
    currency: str  # ISO 4217, lower case


class Standing(Struct, frozen=True, array_like=True):
    """What attempts have left behind; one column of the account's row."""

    last: int = 0  # number of the newest attempt
    running: int | None = None  # number of the one that is open or unknown
    tally: Tally = Tally()
    told: str | None = None  # the cap whose reaching the admins were told of last


class Event(Struct, frozen=True):
    """A line in the history of an attempt."""

    number: int
    at: Instant  # by the account's clock
    what: str  # opened, asked, unreachable, pending, succeeded, failed, canceled, refunded …
    detail: str | None = None


class Correction(Struct, frozen=True):
    """Credit taken back because money went back. One per reference of the provider."""

    number: int
    reference: str  # `re_…`, `dp_…`
    cause: str  # refund or dispute
    price: int  # minor units of `currency`
    currency: str
    amount: Micros  # taken from the balance; 0 when nothing of the attempt was left
    seq: Seq


class Reversal(Struct, frozen=True):
    """The end of a refund or dispute that was undone. One per reference of the provider."""

    number: int
    reference: str  # of what was undone; its correction may never have been written
    cause: str  # refund or dispute
    amount: Micros  # put back on the balance; 0 when nothing was taken, or others hold it
    seq: Seq


class Notice(Struct, frozen=True):
    """Something the admins are told by mail, once per key."""

    key: str
    kind: str  # topup_cap, topup_refunded, topup_refund_failed …
    at: Instant
    facts: dict[str, str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Standing).decode


def pack(standing: Standing) -> bytes:
    """The standing as one column."""
    return _encode(standing)


def unpack(data: bytes | None) -> Standing:
    """The standing of a column; empty before the first attempt."""
    return Standing() if data is None else _decode(data)


class TopupState:
    """The terms and attempts a batch has met, changed by its commands and saved with it."""

    def __init__(
        self, terms: Terms, standing: Standing, real_now: Instant, new_key: Callable[[], str]
    ) -> None:
        """Open it under the account's lock.

        Args:
            terms: as they are kept.
            standing: as it is kept.
            real_now: the batch's time on the real clock, which no test clock moves.
            new_key: 128 random bits, hexadecimal.
        """
        self.auto = terms.auto
        self.method = terms.method
        self.terms = terms
        self.standing = standing
        self.real_now = real_now
        self._new_key = new_key
        self._standing_before = standing
        self.attempts: dict[int, Attempt] = {}
        self.claims: dict[int, str | None] = {}  # who works on each of `attempts`
        self.taken: dict[str, Correction] = {}  # of each of `attempts`, by reference
        self.undone: dict[str, Reversal] = {}  # likewise

        self.opened: set[int] = set()
        self.changed: set[int] = set()
        self.released: set[int] = set()  # claims that have ended
        self.events: list[Event] = []
        self.credits: list[tuple[int, Seq]] = []
        self.corrections: list[Correction] = []
        self.reversals: list[Reversal] = []
        self.notices: list[Notice] = []

    @property
    def is_configured(self) -> bool:
        """Whether the wishes or the card have changed."""
        return self.auto != self.terms.auto or self.method != self.terms.method

    @property
    def has_moved(self) -> bool:
        """Whether the standing has changed."""
        return self.standing != self._standing_before

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        parts = (self.opened, self.changed, self.released, self.notices, self.reversals)
        return any(parts) or self.is_configured or self.has_moved

    def attempt(self, number: int) -> Attempt:
        """An attempt of this account.

        Raises:
            Refusal: `404 not_found`.
        """
        found = self.attempts.get(number)
        if found is None:
            raise not_found("the top-up")
        return found

    def open(self, account: AccountId, kind: Kind, amount: Micros, now: Instant) -> Attempt:
        """A new attempt, with everything about it frozen; `now` is the account's clock."""
        assert self.method is not None, "an attempt is opened for a card"
        assert self.standing.running is None, "one attempt at a time"
        number = self.standing.last + 1
        attempt = topups.opened(
            Attempt(
                account=account,
                number=number,
                key=self._new_key(),
                kind=kind,
                amount=amount,
                price=price(amount, self.terms.credit_price),
                currency=self.terms.currency,
                customer=self.method.customer,
                method=self.method.reference,
                opened_at=now,
                created_at=self.real_now,
            )
        )
        tally = self.standing.tally
        if kind == "auto":
            tally = tally.opened(amount, now)
        self.standing = replace(self.standing, last=number, running=number, tally=tally)
        self.attempts[number] = attempt
        self.opened.add(number)
        self.events.append(Event(number, now, "opened"))
        return attempt

    def keep(self, attempt: Attempt) -> None:
        """Keep the new state of an attempt; one that has ended makes room for the next."""
        self.attempts[attempt.number] = attempt
        if attempt.number not in self.opened:
            self.changed.add(attempt.number)
        if not attempt.is_running and self.standing.running == attempt.number:
            self.standing = replace(self.standing, running=None)

    def correct(self, correction: Correction) -> None:
        """Keep a correction, which the database takes once."""
        self.taken[correction.reference] = correction
        self.corrections.append(correction)

    def reverse(self, reversal: Reversal) -> None:
        """Keep a reversal, which the database takes once."""
        self.undone[reversal.reference] = reversal
        self.reversals.append(reversal)
