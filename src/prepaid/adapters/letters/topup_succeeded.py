"""The letter of `billing.auto_topup.succeeded`."""

from decimal import Decimal

from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.words import amount, fired


class TopupSucceeded(Letter, frozen=True, rename="camel"):
    """An automatic top-up was credited. Amounts in credit cents."""

    amount_cents: Decimal
    previous_balance_cents: Decimal
    new_balance_cents: Decimal
    threshold_cents: Decimal
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        words = {"amount": amount(self.amount_cents), "balance": amount(self.new_balance_cents)}
        facts = (
            ("Added", words["amount"]),
            ("Balance before", amount(self.previous_balance_cents)),
            ("Balance now", words["balance"]),
            ("Tops up at", amount(self.threshold_cents)),
            fired(self.fired_at),
        )
        return View("topup_succeeded", words, facts)
