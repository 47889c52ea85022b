"""The page of one webhook endpoint: how it fares, its secret, its switch, what was tried."""

from typing import Literal

from msgspec import Struct
from starlette.responses import Response

from prepaid.domain import events
from prepaid.domain.deliveries import signatures
from prepaid.domain.instants import DAY, SECOND, iso_micros
from prepaid.flows.deliveries import endpoints, replays
from prepaid.flows.deliveries.endpoints import Told
from prepaid.store.deliveries.counts import COUNTED_MAX
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.webhooks.forms import SecretText
from prepaid.web.dashboard.webhooks.parts import (
    FAILURES,
    REASONS,
    attempts,
    back,
    endpoint_number,
    endpoint_url,
)

STATS_DAYS = 7
OVERLAPS = (
    ("0", "Not at all"),
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("259200", "3 days"),
    ("604800", "7 days"),
)


class RotateForm(Form, frozen=True, kw_only=True):
    """A new secret, and how long the old one signs beside it."""

    secret: SecretText | None = None
    overlap_seconds: Literal["0", "3600", "86400", "259200", "604800"] = "86400"


class Telling(Struct, frozen=True):
    """A secret that the page shows once."""

    secret: Told
    is_new: bool


async def show(visit: Visit) -> Response:
    """One endpoint."""
    number = endpoint_number(visit)
    shown = await endpoints.get(visit.desk, visit.account, number)
    now = visit.desk.clock()
    since = now - STATS_DAYS * DAY
    stats = await replays.stats(visit.desk, visit.account, number, since)
    return visit.show(
        "webhooks/endpoint.html",
        shown=shown,
        row=shown.row,
        stats=stats,
        counted_max=COUNTED_MAX,
        days=STATS_DAYS,
        telling=visit.told(Telling),
        secret_text=signatures.secret_text,
        overlaps=OVERLAPS,
        attempts=await attempts(visit, number),
        failures=FAILURES,
        reasons=REASONS,
        catalogue=events.CATALOGUE,
        since=iso_micros(shown.row.failing_since or now - DAY)[:16],
    )


async def tried(visit: Visit) -> Response:
    """The attempts alone, which the page asks for again and again."""
    number = endpoint_number(visit)
    found = await attempts(visit, number)
    return visit.show("webhooks/_attempts.html", attempts=found, failures=FAILURES)


async def reveal(visit: Visit) -> Response:
    """Show the secret, which is written in the audit log."""
    number = endpoint_number(visit)
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    flow = endpoints.secret(visit.desk, visit.account, number)
    told = await visit.noted(flow, "secret revealed", row.url)
    return _tell(visit, number, Telling(told, is_new=False))


async def rotate(visit: Visit) -> Response:
    """Sign with a new secret."""
    number = endpoint_number(visit)
    wanted = visit.form(RotateForm)
    key = None if wanted.secret is None else signatures.parse_secret(wanted.secret.strip())
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    overlap = int(wanted.overlap_seconds) * SECOND
    await visit.noted(
        endpoints.rotate(visit.desk, visit.account, number, key, overlap),
        "secret rotated",
        row.url,
        "the old one signs for: " + dict(OVERLAPS)[wanted.overlap_seconds].lower(),
    )
    told = await endpoints.secret(visit.desk, visit.account, number)
    return _tell(visit, number, Telling(told, is_new=True))


def _tell(visit: Visit, number: int, telling: Telling) -> Response:
    return visit.go_and_tell(endpoint_url(visit, number), telling, "#secret")


async def enable(visit: Visit) -> Response:
    """Switch it on."""
    await _switch(visit, "endpoint enabled", disabled=False)
    text = "The endpoint is enabled. What it missed is not sent by itself: recover it below."
    return back(visit, endpoint_number(visit), text)


async def disable(visit: Visit) -> Response:
    """Switch it off."""
    await _switch(visit, "endpoint disabled", disabled=True)
    return back(visit, endpoint_number(visit), "The endpoint is disabled: nothing is sent to it.")


async def _switch(visit: Visit, action: str, *, disabled: bool) -> None:
    number = endpoint_number(visit)
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    changes: dict[str, object] = {"disabled": disabled}
    flow = endpoints.change(visit.desk, visit.account, number, changes, None)
    await visit.noted(flow, action, row.url)


async def remove(visit: Visit) -> Response:
    """Delete it."""
    number = endpoint_number(visit)
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    flow = endpoints.remove(visit.desk, visit.account, number)
    await visit.noted(flow, "endpoint deleted", row.url)
    return visit.go(visit.url("/webhooks"), "The endpoint is deleted.")


ONE = "/dashboard/{account}/webhooks/{endpoint}"

PAGES = [
    Page("GET", ONE, show),
    Page("GET", ONE + "/attempts", tried),
    Page("POST", ONE + "/secret", reveal, again=show),
    Page("POST", ONE + "/rotate", rotate, again=show),
    Page("POST", ONE + "/enable", enable),
    Page("POST", ONE + "/disable", disable),
    Page("POST", ONE + "/remove", remove),
]
