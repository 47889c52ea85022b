"""The life of one top-up attempt: `open → succeeded | failed | canceled`, `unknown` in between.

Nothing here speaks to a provider: a step is decided here, taken elsewhere, and its answer is
brought back. The provider keeps an attempt's key for 24 hours and answers a repeated ask from
what it stored, so no ask is sent later than 23 hours after the first, and never under a new key.

Two clocks meet here. `opened_at` is the account's, which a sandbox account may advance; asks and
waits follow the real one, as the provider does. `now` and `at` are always real.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain import ids
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, Span
from prepaid.domain.topups.answers import Answer, Declined, Found, Paid, Pending, Unreachable

Kind = Literal["auto", "manual"]
Status = Literal["open", "unknown", "succeeded", "failed", "canceled"]
Step = Literal["rest", "ask", "look_up", "cancel"]
Effect = Literal["none", "credited", "failed"]

RUNNING: frozenset[Status] = frozenset(("open", "unknown"))  # at most one per account
ASK_SPAN: Span = 23 * HOUR  # from the first ask to the last that may be sent
NONE_COUNTS_AFTER: Span = HOUR  # from the last ask: the provider's list may lag behind
PENDING_MAX: Span = 7 * DAY  # from the last ask: how long the provider may take to decide
CANCEL_MAX: Span = 14 * DAY  # from the last ask: how long canceling a payment is tried
IN_FLIGHT_MAX: Span = MINUTE  # an ask that nobody answered for is taken up again; the lease
WAIT_MIN: Span = 10 * SECOND
WAIT_MAX: Span = HOUR

GAVE_UP = "provider_unreachable"
STILL_PENDING = "payment_pending"
_PREFIX = "top"
_KEY_DIGITS = 32


class Attempt(Struct, frozen=True, kw_only=True):
    """One try to buy credit. Amount, price and card are frozen when it is opened."""

    account: AccountId
    number: int  # 1, 2, 3 … within the account
    key: str  # 128 random bits, hexadecimal; the provider's idempotency key and metadata
    kind: Kind
    amount: Micros  # credited on success, > 0
    price: int  # minor units of `currency`, > 0
    currency: str  # ISO 4217, lower case
    customer: str  # the account at the provider, `cus_…`
    method: str  # the card there, `pm_…`
    opened_at: Instant  # the account's clock; caps count by it
    created_at: Instant  # the real clock, as all times below

    status: Status = "open"
    asks: int = 0  # sent, or about to be
    asked_first_at: Instant | None = None
    asked_last_at: Instant | None = None
    looked_at: Instant | None = None  # begin of the last look-up that found nothing
    next_at: Instant | None = None  # when its next step is due; None: there is none
    ended_at: Instant | None = None
    payment: str | None = None  # the provider's id, once it is known
    receipt_url: str | None = None
    error: str | None = None  # why it failed; while it runs: why the last step got no answer

    @property
    def id(self) -> str:
        """`top_`, the account's 16 digits and the number."""
        return ids.owned(_PREFIX, self.account, self.number)

    @property
    def is_running(self) -> bool:
        """Whether it still blocks the next one."""
        return self.status in RUNNING

    def by_account(self, at: Instant) -> Instant:
        """A real time of this attempt as the account's clock shows it."""
        return at + self.opened_at - self.created_at


class Turn(Struct, frozen=True):
    """What an answer made of an attempt, and what must be done in the same transaction."""

    attempt: Attempt
    # credited: add `amount` to the balance; failed: switch auto top-up off and tell (auto only).
    effect: Effect = "none"


def opened(attempt: Attempt) -> Attempt:
    """A new attempt, due at once."""
    assert len(attempt.key) == _KEY_DIGITS, "a key is 128 bits in hexadecimal"
    assert attempt.amount > 0, "a top-up buys something"
    assert attempt.price > 0, "a top-up costs something"
    assert attempt.asks == 0, "a new attempt has not been asked"
    return replace(attempt, next_at=attempt.created_at)


def parse_id(text: str) -> ids.Owned | None:
    """The account and number a top-up's id names, or None when it is no such id."""
    return ids.parse_owned(_PREFIX, text)


def step(attempt: Attempt, now: Instant, *, is_closed: bool = False) -> Step:
    """What is to be done now. Before `ask`, commit `asked`; then bring the answer to `answered`.

    An open attempt is asked, or asked again when a crash lost track of it. Of an unknown one, or
    one that is too old to ask, the provider's list is read first. A failed one has its payment
    canceled. Of a closed account nothing is asked any more: only the list is read.
    """
    if attempt.next_at is None or now < attempt.next_at:
        return "rest"
    if not attempt.is_running:
        return "cancel"
    if attempt.payment is not None or is_closed or not _may_ask(attempt, now):
        return "look_up"
    return "ask" if attempt.status == "open" or _has_looked(attempt) else "look_up"


def asked(attempt: Attempt, now: Instant) -> Attempt:
    """The attempt as it must be committed before the provider is asked."""
    assert step(attempt, now) == "ask", "an ask is sent when it is due, and within 23 hours"
    return replace(
        attempt,
        asks=attempt.asks + 1,
        asked_first_at=now if attempt.asked_first_at is None else attempt.asked_first_at,
        asked_last_at=now,
        next_at=now + IN_FLIGHT_MAX,
    )


def answered(attempt: Attempt, answer: Answer, now: Instant) -> Turn:
    """The attempt after an answer to an ask or a look-up, or after the provider's own webhook.

    Answers may come late, twice and in any order. Money that was taken is credited once, even
    after the attempt was failed or canceled; everything else changes running attempts only.
    """
    if isinstance(answer, Paid):
        return _paid(attempt, answer, now)
    if not attempt.is_running:
        return Turn(_left_over(attempt, answer, now))
    if isinstance(answer, Declined):
        return _failed(attempt, answer.code, answer.payment, now)
    if isinstance(answer, Pending):
        if _age(attempt.asked_last_at, now) >= PENDING_MAX:
            return _failed(attempt, STILL_PENDING, answer.payment, now)
        return Turn(replace(_postponed(attempt, now), payment=answer.payment, error=None))
    status: Status = "unknown" if answer.lost else attempt.status
    return Turn(replace(_postponed(attempt, now), status=status, error=answer.reason))


def looked_up(attempt: Attempt, found: Found, at: Instant, *, is_closed: bool = False) -> Turn:
    """The attempt after a look-up that was begun at `at`.

    Nothing found means: ask again. After 23 hours it means that no payment was made, if the look
    was begun at least one hour after the last ask; then the attempt has failed. Of a closed
    account it means that at any time, and the attempt is canceled.
    """
    if found is not None:
        return answered(attempt, found, at)
    if not attempt.is_running or attempt.asked_last_at is None:
        return Turn(attempt)
    looked = replace(attempt, looked_at=at)
    if not is_closed and _may_ask(attempt, at):
        return Turn(_postponed(looked, at) if attempt.payment else replace(looked, next_at=at))
    counts_at = attempt.asked_last_at + NONE_COUNTS_AFTER
    if at < counts_at:
        return Turn(replace(looked, next_at=counts_at))
    if is_closed and attempt.payment is None:
        return Turn(_canceled(looked, at))
    return _failed(looked, GAVE_UP, attempt.payment, at)


def payment_canceled(attempt: Attempt, answer: Answer, now: Instant) -> Turn:
    """A failed attempt after its payment was to be canceled; Paid: it was too late for that."""
    if isinstance(answer, Paid):
        return _paid(attempt, answer, now)
    if attempt.is_running:
        return Turn(attempt)
    is_over = isinstance(answer, Declined) or _age(attempt.asked_last_at, now) >= CANCEL_MAX
    return Turn(replace(attempt, next_at=None) if is_over else _postponed(attempt, now))


def switched_off(attempt: Attempt, now: Instant) -> Attempt:
    """The attempt after auto top-up was switched off: canceled, if nobody was asked yet."""
    if attempt.kind == "manual" or not attempt.is_running or attempt.asks > 0:
        return attempt
    return _canceled(attempt, now)


def _canceled(attempt: Attempt, now: Instant) -> Attempt:
    return replace(attempt, status="canceled", ended_at=now, next_at=None)


def _paid(attempt: Attempt, answer: Paid, now: Instant) -> Turn:
    if attempt.status == "succeeded":
        return Turn(attempt)
    succeeded = replace(
        attempt,
        status="succeeded",
        payment=answer.payment,
        receipt_url=answer.receipt_url,
        error=None,
        ended_at=now,
        next_at=None,
    )
    return Turn(succeeded, "credited")


def _failed(attempt: Attempt, code: str, payment: str | None, now: Instant) -> Turn:
    left = payment or attempt.payment
    failed = replace(
        attempt,
        status="failed",
        payment=left,
        error=code,
        ended_at=now,
        next_at=None if left is None else now,
    )
    return Turn(failed, "failed")


def _left_over(attempt: Attempt, answer: Answer, now: Instant) -> Attempt:
    """A failed attempt that learns of its payment has something to cancel after all."""
    if attempt.status != "failed" or attempt.payment or isinstance(answer, Paid | Unreachable):
        return attempt
    return (
        attempt if answer.payment is None else replace(attempt, payment=answer.payment, next_at=now)
    )


def _may_ask(attempt: Attempt, now: Instant) -> bool:
    return _age(attempt.asked_first_at, now) < ASK_SPAN


def _has_looked(attempt: Attempt) -> bool:
    if attempt.looked_at is None or attempt.asked_last_at is None:
        return False
    return attempt.looked_at > attempt.asked_last_at


def _postponed(attempt: Attempt, now: Instant) -> Attempt:
    """Its next step waits as long as it has been asked about: 10 s, 20 s, 40 s … one hour."""
    wait = min(max(_age(attempt.asked_first_at, now), WAIT_MIN), WAIT_MAX)
    return replace(attempt, next_at=now + wait)


def _age(since: Instant | None, now: Instant) -> Span:
    return 0 if since is None else now - since
