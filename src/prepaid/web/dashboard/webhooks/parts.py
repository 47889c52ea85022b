"""What the pages about webhooks share: which one the path names, and how attempts are told."""

from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.flows.deliveries import outbox
from prepaid.store.deliveries.attempts import Wanted
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Visit
from prepaid.web.webhooks.messages import cursor_of, place_of

PAGE_SIZE = 25

FAILURES = {
    "blocked": "This address may not be called",
    "dns": "The host has no address",
    "connect": "Nobody listens there",
    "connect_timeout": "No connection in time",
    "tls": "The certificate does not hold",
    "timeout": "No answer in time",
    "disconnected": "Closed before an answer",
    "protocol": "The answer is not HTTP",
    "redirect": "Redirects are not followed",
    "client_error": "The receiver refused it",
    "server_error": "The receiver failed",
    "unexpected_status": "An unexpected status",
    "secret": "The secret cannot be opened",
    "internal": "Our fault; it is tried again",
}
REASONS = {
    "failing": "It failed for too long, so it was switched off.",
    "gone": "The receiver said that it is gone (410), so it was switched off.",
    "asked": "The receiver asked not to be called any more.",
}
STANDINGS = {
    "waiting": ("waiting", "accent"),
    "sending": ("sending", "accent"),
    "sent": ("delivered", "good"),
    "failed": ("failed", "bad"),
}


class AttemptQuery(Form, frozen=True, kw_only=True):
    """Which attempts."""

    outcome: Literal["succeeded", "failed"] | None = None
    status_class: Literal["2", "3", "4", "5"] | None = None
    event_type: str | None = None
    cursor: str | None = None


class Attempts(Struct, frozen=True):
    """A page of attempts, and the addresses beside it."""

    rows: list[tuple[AttemptRow, str]]  # with the type of event
    query: AttemptQuery
    renew: str  # what the part asks for to renew itself; empty: it does not
    older: str
    newest: str


def endpoint_number(visit: Visit) -> int:
    """The endpoint that the path names, if it is the account's.

    Raises:
        Refusal: `404 not_found`.
    """
    return visit.named("ep", "endpoint", "the endpoint").number


def message_number(visit: Visit) -> int:
    """The message that the path names, if it is the account's.

    Raises:
        Refusal: `404 not_found`.
    """
    return visit.named("msg", "message", "the message").number


def endpoint_url(visit: Visit, number: int, path: str = "") -> str:
    """A page of an endpoint."""
    return visit.url(f"/webhooks/{ids.owned('ep', visit.account, number)}{path}")


def back(visit: Visit, number: int, flash: str) -> Response:
    """To the endpoint's page, which says something once."""
    return visit.go(endpoint_url(visit, number), flash)


async def attempts(visit: Visit, number: int) -> Attempts:
    """A page of an endpoint's attempts, newest first.

    Raises:
        Refusal: `404 not_found`; 400 naming a filter.
    """
    query = AttemptQuery() if visit.request.method == "POST" else visit.query(AttemptQuery)
    low = None if query.status_class is None else int(query.status_class) * 100
    wanted = Wanted(
        endpoint=number,
        failed=None if query.outcome is None else query.outcome == "failed",
        status_low=low,
        status_high=None if low is None else low + 99,
        event_types=None if query.event_type is None else (query.event_type,),
        cursor=place_of(query.cursor),
    )
    found = await outbox.listed(visit.desk, visit.account, wanted, PAGE_SIZE)
    said = {
        "outcome": query.outcome,
        "statusClass": query.status_class,
        "eventType": query.event_type,
    }
    kept = {name: text for name, text in said.items() if text}
    last = "" if found.next is None else cursor_of(found.next)
    base, here = endpoint_url(visit, number, "/attempts"), endpoint_url(visit, number)
    return Attempts(
        rows=found.rows,
        query=query,
        renew="" if query.cursor else f"{base}?{urlencode(kept)}".rstrip("?"),
        older=_at(here, kept | {"cursor": last}) if last else "",
        newest=_at(here, kept) if query.cursor else "",
    )


def _at(path: str, said: dict[str, str]) -> str:
    return f"{path}?{urlencode(said)}#attempts"
