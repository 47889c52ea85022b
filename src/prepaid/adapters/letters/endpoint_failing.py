"""The letter about an endpoint that fails, before it is disabled."""

from prepaid.adapters.letters.view import WEBHOOKS, Letter, View
from prepaid.adapters.letters.words import moment, place
from prepaid.domain.instants import Instant


class EndpointFailing(Letter, frozen=True):
    """An endpoint has had no success for a day, or for three."""

    url: str
    since: Instant
    disable_at: Instant  # when it may be disabled, if nothing succeeds
    last_failure: str  # status or class of error of the last attempt, in words

    def view(self) -> View:
        """As its template sees it."""
        since, until = moment(self.since), moment(self.disable_at)
        words = place(self.url) | {"since": since, "disable_at": until}
        facts = (
            ("Endpoint", words["url"]),
            ("Failing since", since),
            ("Last failure", self.last_failure),
            ("May be disabled from", until),
        )
        return View("endpoint_failing", words, facts, WEBHOOKS)
