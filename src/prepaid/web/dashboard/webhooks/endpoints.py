"""The webhooks page: every endpoint, and the forms that make and change one."""

from collections.abc import Mapping

from starlette.responses import Response

from prepaid.domain import events
from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.deliveries import signatures
from prepaid.domain.refusals import Refusal, invalid
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.endpoints import Shown, Wish
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.webhooks.forms import (
    EndpointForm,
    Typed,
    checked,
    headers_text,
    of_headers,
)
from prepaid.web.dashboard.webhooks.parts import REASONS, back, endpoint_number, endpoint_url


async def every(visit: Visit) -> Response:
    """The endpoints of the account."""
    found = await endpoints.every(visit.desk, visit.account)
    return visit.show(
        "webhooks/endpoints.html", endpoints=found, most=rules.PER_ACCOUNT_MAX, reasons=REASONS
    )


async def new(visit: Visit) -> Response:
    """The form of a new endpoint."""
    return visit.show("webhooks/form.html", shown=None, headers="", catalogue=events.CATALOGUE)


async def create(visit: Visit) -> Response:
    """A new endpoint."""
    form = visit.form(EndpointForm)
    wanted = checked(visit, form)
    key = None if form.secret is None else signatures.parse_secret(form.secret.strip())
    wish = Wish(
        url=wanted.url,
        description=wanted.description,
        event_types=wanted.event_types,
        disabled=False,
        headers=_valued(wanted.headers),
        throttle_rate=wanted.throttle_rate,
        key=key,
    )
    made = await visit.noted(
        endpoints.create(visit.desk, visit.account, wish), "endpoint created", wanted.url
    )
    return back(visit, made.row.number, "The endpoint is there. Send it an example to try it.")


def _valued(headers: Mapping[str, str | None]) -> dict[str, str]:
    """The headers of a new endpoint, which has no values to keep.

    Raises:
        Refusal: 400 naming `headers`.
    """
    whole: dict[str, str] = {}
    for name, value in headers.items():
        if value is None:
            raise invalid("headers", f"{name} needs a value: none is kept under this name")
        whole[name] = value
    return whole


async def edit(visit: Visit) -> Response:
    """The form of an endpoint."""
    shown = await endpoints.get(visit.desk, visit.account, endpoint_number(visit))
    return visit.show(
        "webhooks/form.html",
        shown=shown,
        headers=headers_text(shown.headers),
        catalogue=events.CATALOGUE,
    )


async def change(visit: Visit) -> Response:
    """Change an endpoint."""
    number = endpoint_number(visit)
    wanted = checked(visit, visit.form(EndpointForm))
    before = await endpoints.get(visit.desk, visit.account, number)
    changes: dict[str, object] = {
        "url": wanted.url,
        "description": wanted.description,
        "event_types": wanted.event_types,
        "throttle_rate": wanted.throttle_rate,
    }
    flow = endpoints.change(visit.desk, visit.account, number, changes, wanted.headers)
    detail = _difference(before, wanted)
    try:
        await visit.noted(flow, "endpoint changed", before.row.url, detail)
    except Refusal as refusal:
        raise of_headers(refusal) from refusal
    return back(visit, number, "The endpoint is changed.")


def _difference(before: Shown, wanted: Typed) -> str:
    """How it was and is, in words; of headers the names, since their values are secret."""
    row, names = before.row, ", ".join
    pairs = [
        ("url", row.url, wanted.url),
        ("description", row.description, wanted.description),
        ("events", names(row.event_types or ("all",)), names(wanted.event_types or ("all",))),
        ("rate", str(row.throttle_rate or "any"), str(wanted.throttle_rate or "any")),
        ("headers", names(before.headers) or "none", names(wanted.headers) or "none"),
    ]
    said = [f"{name}: {old} → {new}" for name, old, new in pairs if old != new]
    said += [f"header {name} given a value" for name, value in wanted.headers.items() if value]
    return "\n".join(said)


async def to_one(visit: Visit) -> Response:
    """The page of the endpoint, for who goes back to where a form was sent."""
    return visit.go(endpoint_url(visit, endpoint_number(visit)))


ALL = "/dashboard/{account}/webhooks"

PAGES = [
    Page("GET", ALL, every),
    Page("GET", ALL + "/new", new),
    Page("POST", ALL + "/new", create, again=new),
    Page("GET", ALL + "/{endpoint}/edit", edit),
    Page("POST", ALL + "/{endpoint}/edit", change, again=edit),
]
# Where forms were sent: what the address bar holds after one was refused.
BEHIND = [
    Page("GET", ALL + "/{endpoint}/" + verb, to_one)
    for verb in ("secret", "rotate", "example", "recover", "enable", "disable", "remove")
]
