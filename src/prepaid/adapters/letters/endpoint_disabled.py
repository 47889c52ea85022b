"""The letter about an endpoint that the service has switched off."""

from typing import Literal

from prepaid.adapters.letters.view import WEBHOOKS, Letter, View
from prepaid.adapters.letters.words import moment, place
from prepaid.domain.instants import Instant


class EndpointDisabled(Letter, frozen=True):
    """An endpoint was switched off by the service."""

    url: str
    at: Instant
    reason: Literal["failing", "gone", "asked"]  # 5 days, 410 twice, or `webhook-delivery`

    def view(self) -> View:
        """As its template sees it."""
        words = place(self.url) | {"reason": self.reason}
        facts = (("Endpoint", words["url"]), ("Disabled", moment(self.at)))
        return View("endpoint_disabled", words, facts, WEBHOOKS)
