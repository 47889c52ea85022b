"""The letter that `prepaid mail test` sends."""

from prepaid.adapters.letters.view import Letter, View
from prepaid.adapters.letters.words import moment
from prepaid.domain.instants import Instant


class MailTest(Letter, frozen=True):
    """Shows that mail arrives."""

    at: Instant

    def view(self) -> View:
        """As its template sees it."""
        return View("test", {}, (("Sent", moment(self.at)),))
