"""The letter of `billing.workspace_limit.reached`."""

from decimal import Decimal

from prepaid.adapters.letters.view import Letter, Page, View
from prepaid.adapters.letters.words import amount, fired, period


class LimitReached(Letter, frozen=True, rename="camel"):
    """A workspace's spend limit refused a charge. Amounts in credit cents, period in minutes."""

    workspace_id: str
    limit_cents: Decimal
    spent_cents: Decimal
    refused_cents: Decimal
    fired_at: str
    period_minutes: int | None = None  # None: the limit is of the calendar month
    frees_at: str | None = None

    def view(self) -> View:
        """As its template sees it. A workspace that has no names any more shows its id."""
        limit, spent = amount(self.limit_cents), amount(self.spent_cents)
        minutes = self.period_minutes
        since = self.frees_at
        words = {
            "workspace": self.names.name if self.names else self.workspace_id,
            "legal_name": self.names.legal_name if self.names else "archived",
            "limit": limit,
            "spent": spent,
            "refused": amount(self.refused_cents),
            "span": "this month" if minutes is None else f"in {period(minutes)}",
            "since": "" if since is None else f"{since[:10]} {since[11:16]} UTC",
        }
        facts = (
            ("Workspace", words["workspace"]),
            ("Legal name", words["legal_name"]),
            ("Limit", f"{limit} {'a month' if minutes is None else words['span']}"),
            ("Spent", spent),
            ("Refused charge", words["refused"]),
            ("Room again", words["since"] or "never for a charge of this size"),
            fired(self.fired_at),
        )
        return View("limit_reached", words, facts, Page("Open the Workspaces page", "workspaces"))
