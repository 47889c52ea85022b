"""What an account wants of auto top-up, what holds it back, and what credit costs in money.

Knows nothing of attempts but that one may be running. All times are the account's clock.
"""

from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from prepaid.domain.amounts import AMOUNT_MAX, CENT, CREDIT, Micros
from prepaid.domain.instants import Instant, day_of, iso_millis, month_of_day
from prepaid.domain.refusals import Refusal, invalid

PER_DAY_DEFAULT = 5
PER_DAY_MAX = 100
AMOUNT_CENTS_MIN = 100
CENTS_MAX = AMOUNT_MAX // CENT
CREDIT_PRICE_DEFAULT = 100
PRICE_MAX = 99_999_999  # minor units: the largest payment that Stripe takes

T = TypeVar("T", bool, int)
Verdict = Literal[
    "open",  # open an attempt now
    "off",
    "enough",  # the balance is above the threshold
    "running",  # an attempt, automatic or by hand, is open or unknown
    "no_method",
    "day_cap",
    "month_cap",
]


class AutoTopup(Struct, frozen=True, kw_only=True):
    """When and how an account's credit refills itself. An untouched account: off, 0, 0."""

    enabled: bool = False
    threshold: Micros = 0  # at or below it credit is bought
    amount: Micros = 0  # bought by one attempt
    per_day_max: int = PER_DAY_DEFAULT  # attempts opened in one UTC day
    per_month_max: Micros | None = None  # opened for in one UTC month; None: no limit
    failed_at: Instant | None = None  # an attempt failed then; only a newer method lifts it


class PaymentMethod(Struct, frozen=True, kw_only=True):
    """The card an account pays with. The card's number never comes near this service."""

    customer: str  # the account at the provider, `cus_…`
    reference: str  # the card there, `pm_…`
    updated_at: Instant
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None


_Amount = Annotated[int, Meta(ge=AMOUNT_CENTS_MIN, le=CENTS_MAX)]


class AutoTopupPatch(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Body of `PATCH /v2/billing/auto-topup`; what is left out keeps its value. Credit cents."""

    enabled: bool | UnsetType = UNSET
    threshold_in_credit_cents: Annotated[int, Meta(ge=0, le=CENTS_MAX)] | UnsetType = UNSET
    amount_in_credit_cents: _Amount | UnsetType = UNSET
    max_per_day: Annotated[int, Meta(ge=1, le=PER_DAY_MAX)] | UnsetType = UNSET
    max_per_month_in_credit_cents: _Amount | UnsetType | None = UNSET  # null: no limit


class Tally(Struct, frozen=True):
    """Automatic attempts opened by an account in its current day and month, however they ended."""

    day: int = 0  # number of the UTC day that `attempts` counts
    attempts: int = 0
    month: int = 0  # number of the first UTC day of the month that `amount` counts
    amount: Micros = 0

    def at(self, now: Instant) -> "Tally":
        """The tally as it stands at a time: a new day or month starts at 0."""
        day = day_of(now)
        month = month_of_day(day)
        if (day, month) == (self.day, self.month):
            return self
        amount = self.amount if month == self.month else 0
        return Tally(day, self.attempts if day == self.day else 0, month, amount)

    def opened(self, amount: Micros, now: Instant) -> "Tally":
        """The tally after one more automatic attempt. Those by hand are never counted."""
        current = self.at(now)
        return replace(current, attempts=current.attempts + 1, amount=current.amount + amount)


def verdict(
    auto: AutoTopup,
    balance: Micros,
    *,
    is_running: bool,
    method: PaymentMethod | None,
    tally: Tally,
    now: Instant,
) -> Verdict:
    """Whether to open an automatic attempt now, or why not.

    Judged by level, not by edge: after every command that lowers the balance, after enabling, and
    after a success that leaves the balance at or below the threshold.
    """
    if not auto.enabled:
        return "off"
    if balance > auto.threshold:
        return "enough"
    if is_running:
        return "running"
    return "no_method" if method is None else cap(auto, tally.at(now))


def cap_period(reason: Verdict, now: Instant) -> str | None:
    """What the admins are told of once: `day:2026-04-14`, `month:2026-04`; None: no cap."""
    date = iso_millis(now).partition("T")[0]
    if reason == "day_cap":
        return f"day:{date}"
    return f"month:{date[:7]}" if reason == "month_cap" else None


def changed(
    auto: AutoTopup, patch: AutoTopupPatch, method: PaymentMethod | None, credit_price: int
) -> AutoTopup:
    """The wishes after a PATCH: all of it, or nothing.

    Raises:
        Refusal: `invalid_request`, naming the first wrong field; so does enabling without a
            payment method, or without one that was updated after the last failure.
    """
    new = AutoTopup(
        enabled=_set(patch.enabled, auto.enabled),
        threshold=_cents(
            "thresholdInCreditCents", patch.threshold_in_credit_cents, auto.threshold, 0
        ),
        amount=_cents(
            "amountInCreditCents", patch.amount_in_credit_cents, auto.amount, AMOUNT_CENTS_MIN
        ),
        per_day_max=_set(patch.max_per_day, auto.per_day_max),
        per_month_max=_per_month_max(patch, auto),
        failed_at=auto.failed_at,
    )
    if not 1 <= new.per_day_max <= PER_DAY_MAX:
        raise invalid("maxPerDay", f"must be 1 to {PER_DAY_MAX}")
    if patch.amount_in_credit_cents is not UNSET:
        check_price(new.amount, credit_price, "amountInCreditCents")
    if not new.enabled:
        return new
    _check_enabled(new, method)
    return replace(new, failed_at=None)


def failed(auto: AutoTopup, now: Instant) -> AutoTopup:
    """Switched off by a failed attempt, until the method is updated and it is enabled again."""
    return replace(auto, enabled=False, failed_at=now)


def bought(cents: int, credit_price: int) -> Micros:
    """Micro-credits of a top-up by hand.

    Args:
        cents: credit cents, `amountInCreditCents` of `POST /v2/billing/topups`.
        credit_price: minor units per credit.

    Raises:
        Refusal: `invalid_request`: less than 100 cents, or more than a payment can be.
    """
    amount = _cents("amountInCreditCents", cents, 0, AMOUNT_CENTS_MIN)
    check_price(amount, credit_price, "amountInCreditCents")
    return amount


def price(amount: Micros, credit_price: int) -> int:
    """What credit costs, in minor units of the account's currency.

    Rounded up to a whole minor unit, so that credit is never sold below its price and buying in
    small portions is never cheaper. `credit_price` is minor units per credit.
    """
    return -(-amount * credit_price // CREDIT)


def check_price(amount: Micros, credit_price: int, field: str) -> None:
    """One payment can pay for it.

    Raises:
        Refusal: `invalid_request` when it costs more than 99 999 999 minor units.
    """
    cost = price(amount, credit_price)
    if cost > PRICE_MAX:
        raise invalid(field, f"costs {cost} minor units, a payment is at most {PRICE_MAX}")


def in_progress() -> Refusal:
    """`409 topup_in_progress`: one attempt at a time."""
    return Refusal("topup_in_progress", "a top-up is in progress; wait until it has ended")


def cap(auto: AutoTopup, tally: Tally) -> Verdict:
    """Which cap forbids another attempt in the tally's day and month, else `open`."""
    if tally.attempts >= auto.per_day_max:
        return "day_cap"
    if auto.per_month_max is not None and tally.amount + auto.amount > auto.per_month_max:
        return "month_cap"
    return "open"


def _check_enabled(auto: AutoTopup, method: PaymentMethod | None) -> None:
    if auto.amount < AMOUNT_CENTS_MIN * CENT:
        raise invalid("amountInCreditCents", f"must be set, to at least {AMOUNT_CENTS_MIN}")
    if method is None:
        raise invalid("enabled", "needs a payment method; set one first")
    if auto.failed_at is not None and method.updated_at <= auto.failed_at:
        raise invalid("enabled", "needs a payment method updated after the failed top-up")


def _per_month_max(patch: AutoTopupPatch, auto: AutoTopup) -> Micros | None:
    cents = patch.max_per_month_in_credit_cents
    if cents is None:
        return None
    if cents is UNSET:
        return auto.per_month_max
    return _cents("maxPerMonthInCreditCents", cents, 0, AMOUNT_CENTS_MIN)


def _cents(field: str, cents: int | UnsetType, kept: Micros, least: int) -> Micros:
    if cents is UNSET:
        return kept
    if not least <= cents <= CENTS_MAX:
        raise invalid(field, f"must be {least} to {CENTS_MAX} credit cents")
    return cents * CENT


def _set(value: T | UnsetType, kept: T) -> T:
    return kept if value is UNSET else value
