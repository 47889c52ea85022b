"""What a payment provider can answer about one attempt to buy credit."""

from msgspec import Struct


class Paid(Struct, frozen=True, tag=True):
    """The provider has taken the money."""

    payment: str  # the provider's id of it, `pi_…`
    receipt_url: str | None = None


class Declined(Struct, frozen=True, tag=True):
    """The provider has decided against it, and asking again will not help."""

    code: str  # the provider's: `card_declined`, `authentication_required` …
    payment: str | None = None  # what is left to cancel there


class Pending(Struct, frozen=True, tag=True):
    """The provider holds the payment and has not decided yet."""

    payment: str


class Unreachable(Struct, frozen=True, tag=True):
    """No usable answer: refused, timed out, 5xx. Not a failure of the attempt."""

    reason: str
    lost: bool  # the ask may have had its effect all the same


Answer = Paid | Declined | Pending | Unreachable
Found = Paid | Declined | Pending | None  # None: no payment carries the attempt's key
