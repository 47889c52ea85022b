"""The letter of `billing.low_balance.triggered`."""

from decimal import Decimal

from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.words import amount, fired


class LowBalance(Letter, frozen=True, rename="camel"):
    """The balance fell to a tier. Amounts in credit cents."""

    tier: str
    balance_cents: Decimal
    threshold_cents: Decimal
    auto_topup_enabled: bool
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        balance, threshold = amount(self.balance_cents), amount(self.threshold_cents)
        words = {
            "tier": self.tier,
            "balance": balance,
            "threshold": threshold,
            "auto_topup": "on" if self.auto_topup_enabled else "",
        }
        facts = (
            ("Balance", balance),
            ("Threshold", f"{threshold} ({self.tier})"),
            ("Auto top-up", "on" if self.auto_topup_enabled else "off"),
            fired(self.fired_at),
        )
        return View("low_balance", words, facts)
