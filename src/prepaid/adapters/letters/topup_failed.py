"""The letter of `billing.auto_topup.failed`."""

from decimal import Decimal

from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.words import amount, fired


class TopupFailed(Letter, frozen=True, rename="camel"):
    """An automatic top-up failed. Amounts in credit cents."""

    attempted_amount_cents: Decimal
    current_balance_cents: Decimal
    error_message: str
    auto_topup_disabled: bool
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        words = {
            "amount": amount(self.attempted_amount_cents),
            "balance": amount(self.current_balance_cents),
            "error": self.error_message,
            "disabled": "yes" if self.auto_topup_disabled else "",
        }
        facts = (
            ("Not added", words["amount"]),
            ("Reason", self.error_message),
            ("Balance", words["balance"]),
            ("Auto top-up", "switched off" if self.auto_topup_disabled else "on"),
            fired(self.fired_at),
        )
        return View("topup_failed", words, facts)
