"""The whole front door: every route on one screen, and the ASGI application they make."""

import itertools
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prepaid.domain.refusals import Refusal
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.flows.proxying.passing import Proxy
from prepaid.web import (
    alerts,
    billing,
    charge_lists,
    docs,
    errors,
    health,
    home,
    openapi,
    topups,
    usage,
    workspaces,
)
from prepaid.web.dashboard import site
from prepaid.web.dashboard.frame import Calls
from prepaid.web.endpoints import endpoint, wrongs
from prepaid.web.hot import PATH as HOT_PATH
from prepaid.web.hot import Headers, HotCharges, Rendered
from prepaid.web.metrics import Metrics
from prepaid.web.operator import accounts as operator_accounts
from prepaid.web.operator import charges as operator_charges
from prepaid.web.operator import people as operator_people
from prepaid.web.operator import prices as operator_prices
from prepaid.web.operator import usage as operator_usage
from prepaid.web.proxied_document import ProxiedPaths
from prepaid.web.proxy import ProxyDoor
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.statements import charges as statement_charges
from prepaid.web.statements import client_prices
from prepaid.web.statements import settings as statement_settings
from prepaid.web.statements import statement as statements
from prepaid.web.webhooks import endpoints as webhook_endpoints
from prepaid.web.webhooks import messages as webhook_messages

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

ROUTES: Sequence[Route] = [
    *operator_accounts.ROUTES,
    *operator_prices.ROUTES,
    *operator_charges.ROUTES,
    *operator_usage.ROUTES,
    *operator_people.ROUTES,
    *usage.ROUTES,  # its path is no workspace's name, so it comes first
    *workspaces.ROUTES,
    *billing.ROUTES,
    *charge_lists.ROUTES,
    *topups.ROUTES,
    *statements.ROUTES,
    *statement_charges.ROUTES,
    *statement_settings.ROUTES,
    *client_prices.ROUTES,
    *alerts.ROUTES,
    *webhook_endpoints.ROUTES,
    *webhook_messages.ROUTES,
]


class FrontDoor:
    """Gives every answer its `x-request-id`, and takes the short way for the hot route."""

    def __init__(
        self, inside: ASGIApp, hot: HotCharges, metrics: Metrics, proxy: ProxyDoor | None
    ) -> None:
        self._inside = inside
        self._proxy = proxy
        self._hot = hot
        self._metrics = metrics
        self._process = secrets.token_hex(5).encode()
        self._numbers = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the process."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        request_id = self._request_id()
        if scope["path"] == HOT_PATH and scope["method"] == "POST":
            self._metrics.answered(await self._hot(scope, receive, send, request_id))
            return
        if self._proxy is not None and (matches := self._proxy.at(scope)):
            self._metrics.answered(await self._proxy(scope, receive, send, request_id, matches))
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                self._metrics.answered(message["status"])
            await send(message)

        await self._inside(scope, receive, send_with_id)

    def answer(self, headers: Headers, body: bytes, reply: Callable[[Rendered], None]) -> None:
        """One request of the hot route that is whole: `reply` is called with its answer."""
        request_id = self._request_id()

        def counted(rendered: Rendered) -> None:
            self._metrics.answered(rendered[0])
            reply(rendered)

        self._hot.answer(headers, body, request_id, counted)

    def refused(self, message: str) -> Rendered:
        """The answer to what cannot be read as a request."""
        status, headers, body = errors.render(errors.envelope(Refusal("invalid_request", message)))
        self._metrics.answered(status)
        headers += [(b"content-length", b"%d" % len(body)), (b"x-request-id", self._request_id())]
        return status, headers, body

    def _request_id(self) -> bytes:
        return b"req_%b%08x" % (self._process, next(self._numbers))


def build(  # noqa: PLR0913 - facts of the installation, each by its name
    desk: Desk,
    *,
    operator_key: str,
    public_url: str,
    metrics: Metrics,
    lifespan: Lifespan | None,
    beside: Sequence[BaseRoute] = (),
    proxy: Proxy | None = None,
    workspace_header: str = "x-topograph-workspace-id",
    cookie_keys: Sequence[bytes] = (),
) -> FrontDoor:
    """The application. Without keys for cookies it makes one, which other processes do not know.

    Raises:
        PathTaken: a proxied route has a path of ours.
    """
    ring = KeyRing(desk)
    secret = operator_key.encode()
    routes = [*ROUTES, *health.routes(metrics)]
    proxied = None if proxy is None else ProxiedPaths(proxy.routes, workspace_header)
    description = openapi.document(routes, public_url, proxied)

    async def describe(_call: Call) -> Answer:
        """The OpenAPI 3.1 document."""
        return Answer(description)

    calls = _calls(workspace_header, proxy)
    dashboard = site.site(desk, ring, secret, public_url, cookie_keys, calls)
    beside = [*beside, *dashboard.routes]
    page = docs.page(description)
    shown = Route("GET", "/openapi.json", describe, "This document", who="anyone")
    inside = Starlette(
        routes=[
            StarletteRoute(route.path, endpoint(route, desk, ring, secret), methods=[route.method])
            for route in [*routes, shown]
        ]
        + [StarletteRoute("/", home.home), StarletteRoute("/docs", page), *beside],
        exception_handlers=wrongs(dashboard.nowhere),
        lifespan=lifespan,
    )
    inside.router.redirect_slashes = False  # a path is right or unknown
    door = None
    if proxy is not None:
        ours = [*(route.path for route in [*routes, shown]), "/docs"]
        ours += [str(getattr(route, "path", "/")) for route in beside]
        door = ProxyDoor(proxy, workspace_header, ours)
    return FrontDoor(inside, HotCharges(desk, ring, secret), metrics, door)


def _calls(workspace_header: str, proxy: Proxy | None) -> Calls:
    """What the dashboard shows as an example of a paid request."""
    routes = () if proxy is None else proxy.routes.routes
    paid = next((route for route in routes if not route.is_free), None)
    if paid is None:
        return Calls(workspace_header)
    return Calls(workspace_header, paid.method, paid.path, paid.shape)
