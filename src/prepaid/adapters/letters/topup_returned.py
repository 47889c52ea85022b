"""The letters about money of a top-up that went back by a refund or dispute, or did not."""

from decimal import Decimal
from typing import ClassVar

from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.words import amount, money


class _Returned(Letter, frozen=True):
    price: int  # in the smallest units of the currency
    currency: str
    topup: str
    reference: str  # the provider's

    template: ClassVar[str]

    def view(self) -> View:
        """As its template sees it."""
        words = {"money": money(self.price, self.currency), "topup": self.topup}
        facts = (
            ("Amount", words["money"]),
            ("Top-up", self.topup),
            ("Reference", self.reference),
        )
        return View(self.template, words, facts)


class TopupRefunded(_Returned, frozen=True):
    """The seller gave it back."""

    template = "topup_refunded"


class TopupDisputed(_Returned, frozen=True):
    """The payer's bank took it back."""

    template = "topup_disputed"


class _Stayed(_Returned, frozen=True):
    cents: Decimal  # put back on the balance

    def view(self) -> View:
        """As its template sees it."""
        view = super().view()
        credit = amount(self.cents)
        words = view.words | {"credit": credit}
        return View(view.template, words, (*view.facts, ("Put back", credit)))


class TopupRefundFailed(_Stayed, frozen=True):
    """The money that the seller gave back did not arrive."""

    template = "topup_refund_failed"


class TopupDisputeWon(_Stayed, frozen=True):
    """The payer's bank has decided for the seller."""

    template = "topup_dispute_won"
