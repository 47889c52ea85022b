"""The letter about a cap of auto top-up that was reached."""

from prepaid.adapters.letters.view import Letter, View


class TopupCap(Letter, frozen=True):
    """Auto top-up pauses until a period is over."""

    cap: str
    period: str

    def view(self) -> View:
        """As its template sees it."""
        words = {"cap": self.cap, "period": self.period}
        return View("topup_cap", words, (("Cap", self.cap), ("Period", self.period)))
