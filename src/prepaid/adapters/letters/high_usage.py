"""The letter of `billing.high_usage.triggered`."""

from decimal import Decimal
from typing import Literal

from prepaid.adapters.letters.view import Fact, Letter, View
from prepaid.adapters.letters.words import amount, fired, period


class HighUsage(Letter, frozen=True, rename="camel"):
    """Spend in the rolling period reached a tier. Amounts in credit cents, period in minutes."""

    scope: Literal["workspace", "global"]
    tier: str
    period_minutes: int
    period_spend_cents: Decimal
    threshold_cents: Decimal
    balance_cents: Decimal
    fired_at: str
    workspace_id: str | None = None

    def view(self) -> View:
        """As its template sees it. A workspace that has no names any more shows its id."""
        spend, threshold = amount(self.period_spend_cents), amount(self.threshold_cents)
        span = period(self.period_minutes)
        name = self.names.name if self.names else self.workspace_id or ""
        legal_name = self.names.legal_name if self.names else "archived"
        words = {
            "scope": self.scope,
            "tier": self.tier,
            "spend": spend,
            "period": span,
            "last": span.removeprefix("1 "),
            "threshold": threshold,
            "workspace": name,
            "legal_name": legal_name,
        }
        where: tuple[Fact, ...] = (("Workspace", name), ("Legal name", legal_name))
        facts = (
            *(where if self.scope == "workspace" else (("Scope", "the whole account"),)),
            ("Spend", f"{spend} in {span}"),
            ("Threshold", f"{threshold} ({self.tier})"),
            ("Balance", amount(self.balance_cents)),
            fired(self.fired_at),
        )
        return View("high_usage", words, facts)
