"""The letter of `billing.statement.ready`."""

from decimal import Decimal

from prepaid.adapters.letters.view import Letter, Page, View
from prepaid.adapters.letters.words import amount, fired

STATEMENTS = Page("Open the Statements page", "statements")


class StatementReady(Letter, frozen=True, rename="camel"):
    """The statements of a month are final. The total is in the account's currency."""

    month: str
    statement_count: int
    total_credits: Decimal
    total: Decimal
    currency: str
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        is_one = self.statement_count == 1
        statements = f"{self.statement_count} statement{'' if is_one else 's'}"
        total = f"{self.total:,} {self.currency}"
        words = {
            "month": self.month,
            "statements": statements,
            "are": "is" if is_one else "are",
            "total": total,
        }
        facts = (
            ("Month", self.month),
            ("Statements", str(self.statement_count)),
            ("Used", amount(self.total_credits * 100)),
            ("Total", total),
            fired(self.fired_at),
        )
        return View("statement_ready", words, facts, STATEMENTS)
