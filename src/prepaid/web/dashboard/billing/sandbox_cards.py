"""The cards of the sandbox, which takes no money, and what each does. Documented with top-ups."""

from typing import NamedTuple


class Card(NamedTuple):
    """A payment method of the sandbox."""

    reference: str
    label: str


CARDS = (
    Card("pm_card_visa", "Visa 4242: pays"),
    Card("pm_card_chargeDeclined", "Visa 0002: is declined"),
    Card("pm_card_authenticationRequired", "Visa 3184: needs authentication, so it fails"),
    Card("pm_card_timeoutThenPaid", "Visa 0119: pays, and its answer is lost"),
    Card("pm_card_unreachable", "Visa 0127: the provider cannot be reached"),
)
