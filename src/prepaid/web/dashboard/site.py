"""The whole dashboard: every page on one screen, and the routes they make."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from prepaid.domain.refusals import not_found
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.web.dashboard import (
    audit,
    choosing,
    developers,
    notifications,
    overview,
    request_log,
    signing,
    statics,
    usage,
    workspace,
    workspaces,
    wrong,
)
from prepaid.web.dashboard.billing import site as billing
from prepaid.web.dashboard.console import site as console
from prepaid.web.dashboard.doors import Endpoint, door
from prepaid.web.dashboard.frame import Calls, frame
from prepaid.web.dashboard.pages import Page
from prepaid.web.dashboard.statements import site as statements
from prepaid.web.dashboard.webhooks import site as webhooks

COOKIE_KEY_BYTES = 32

PAGES: Sequence[Page] = [
    *signing.PAGES,
    *choosing.PAGES,
    *overview.PAGES,
    *billing.PAGES,
    *workspaces.PAGES,
    *workspace.PAGES,
    *usage.PAGES,
    *notifications.PAGES,
    *developers.PAGES,
    *request_log.PAGES,
    *webhooks.PAGES,
    *statements.PAGES,
    *audit.PAGES,
    *console.PAGES,
]


class Site(NamedTuple):
    """What the front door adds to its own."""

    routes: Sequence[BaseRoute]
    nowhere: Endpoint  # the page of an address that is no page


def site(
    desk: Desk,
    ring: KeyRing,
    operator_key: bytes,
    public_url: str,
    cookie_keys: Sequence[bytes],
    calls: Calls,
) -> Site:
    """The dashboard. Without keys for cookies this process makes one."""
    made = frame(
        desk,
        ring,
        operator_key=operator_key,
        public_url=public_url,
        cookie_keys=cookie_keys or [desk.token(COOKIE_KEY_BYTES)],
        paths={page.path for page in PAGES if page.method == "GET"},
        calls=calls,
    )

    async def nowhere(request: Request) -> Response:
        return wrong.page(made, request, not_found("this page"))

    ends = ["/dashboard/{rest:path}", "/operator/{rest:path}"]
    routes = [
        Route(statics.PREFIX + "/{name:path}", made.statics.send, methods=["GET"]),
        *(Route(page.path, door(page, made), methods=[page.method]) for page in PAGES),
        *(Route(path, nowhere, methods=["GET", "POST"]) for path in ends),
    ]
    return Site(routes, nowhere)
