"""The form of a webhook endpoint, new or changed, made into what the flows take."""

import re
from typing import Annotated

from msgspec import Meta

from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.refusals import Detail, Refusal, invalid
from prepaid.flows.deliveries import endpoint_urls
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Visit
from prepaid.web.webhooks import shapes

KEPT = "••••••••"  # stands for a header's value, which is secret; never a value of its own
HEADERS_TEXT_MAX = 30_000
SecretText = Annotated[str, Meta(max_length=200)]

_LINE = re.compile(r"\s*([^:\s]+)\s*:\s*(.*?)\s*")


class EndpointForm(Form, frozen=True, kw_only=True):
    """An endpoint as it is typed."""

    url: shapes.Url
    description: shapes.Description = ""
    all_events: bool = False
    event_types: tuple[str, ...] = ()
    throttle_rate: shapes.Rate | None = None
    headers: Annotated[str, Meta(max_length=HEADERS_TEXT_MAX)] = ""
    secret: SecretText | None = None  # of a new one; None: made by us


class Typed(Form, frozen=True, kw_only=True):
    """The same, checked."""

    url: str
    description: str
    event_types: tuple[str, ...] | None
    throttle_rate: int | None
    headers: dict[str, str | None]  # None: the value it has


def checked(visit: Visit, wanted: EndpointForm) -> Typed:
    """What was typed, by the rules of the API.

    Raises:
        Refusal: 400 naming the field.
    """
    types = None if wanted.all_events else wanted.event_types
    if types == ():
        raise invalid("eventTypes", "needs one at least, or switch on every event")
    return Typed(
        url=endpoint_urls.check(visit.desk, wanted.url.strip()),
        description=rules.check_description(wanted.description.strip()),
        event_types=rules.check_event_types(types),
        throttle_rate=wanted.throttle_rate,
        headers=_headers(wanted.headers),
    )


def _headers(text: str) -> dict[str, str | None]:
    """Lines of `Name: value`, checked.

    Raises:
        Refusal: 400 naming `headers`; the message never repeats a value.
    """
    found: dict[str, str | None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        said = _LINE.fullmatch(line)
        if said is None:
            raise invalid("headers", f"line {number} must be a name, a colon and a value")
        if said[1] in found:
            raise invalid("headers", f"{said[1]} is given twice")
        found[said[1]] = None if said[2] == KEPT else said[2]
    try:
        rules.check_headers({name: value or "" for name, value in found.items()})
    except Refusal as refusal:
        raise of_headers(refusal) from refusal
    return found


def of_headers(refusal: Refusal) -> Refusal:
    """What is wrong with one header as what is wrong with their field."""
    details = tuple(_of_field(detail) for detail in refusal.details)
    return Refusal(refusal.code, refusal.message, details)


def _of_field(detail: Detail) -> Detail:
    whole, _, name = detail.field.partition(".")
    if whole != "headers" or not name:
        return detail
    return Detail("headers", f"{name} {detail.message}")


def headers_text(names: tuple[str, ...]) -> str:
    """The headers there are, their values hidden."""
    return "\n".join(f"{name}: {KEPT}" for name in names)
