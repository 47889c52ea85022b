"""The whole front door: every route on one screen, and the ASGI application they make."""

import itertools
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.flows.passing import Proxy
from prepaid.web import (
    alerts,
    billing,
    docs,
    health,
    openapi,
    operator_accounts,
    operator_charges,
    operator_prices,
    operator_usage,
    topups,
    webhook_endpoints,
    webhook_messages,
    workspaces,
)
from prepaid.web.endpoints import endpoint, our_fault, unknown_method, unknown_path
from prepaid.web.hot import PATH as HOT_PATH
from prepaid.web.hot import HotCharges
from prepaid.web.metrics import Metrics
from prepaid.web.proxy import ProxyDoor
from prepaid.web.routing import Answer, Call, Route

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

ROUTES: Sequence[Route] = [
    *operator_accounts.ROUTES,
    *operator_prices.ROUTES,
    *operator_charges.ROUTES,
    *operator_usage.ROUTES,
    *workspaces.ROUTES,
    *billing.ROUTES,
    *topups.ROUTES,
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
        request_id = b"req_%b%08x" % (self._process, next(self._numbers))
        if scope["path"] == HOT_PATH and scope["method"] == "POST":
            self._metrics.answered(await self._hot(scope, receive, send, request_id))
            return
        if self._proxy is not None and self._proxy.takes(scope):
            self._metrics.answered(await self._proxy(scope, receive, send, request_id))
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                self._metrics.answered(message["status"])
            await send(message)

        await self._inside(scope, receive, send_with_id)


def build(
    desk: Desk,
    *,
    operator_key: str,
    public_url: str,
    metrics: Metrics,
    lifespan: Lifespan | None,
    beside: Sequence[BaseRoute] = (),
    proxy: Proxy | None = None,
    workspace_header: str = "x-topograph-workspace-id",
) -> FrontDoor:
    """The application.

    Raises:
        PathTaken: a proxied route has a path of ours.
    """
    ring = KeyRing(desk)
    secret = operator_key.encode()
    routes = [*ROUTES, *health.routes(metrics)]
    description = openapi.document(routes, public_url)

    async def describe(_call: Call) -> Answer:
        """The OpenAPI 3.1 document."""
        return Answer(description)

    page = docs.page(description)
    shown = Route("GET", "/openapi.json", describe, "This document", who="anyone")
    inside = Starlette(
        routes=[
            StarletteRoute(route.path, endpoint(route, desk, ring, secret), methods=[route.method])
            for route in [*routes, shown]
        ]
        + [StarletteRoute("/docs", page), *beside],
        exception_handlers={404: unknown_path, 405: unknown_method, Exception: our_fault},
        lifespan=lifespan,
    )
    inside.router.redirect_slashes = False  # a path is right or unknown
    door = None
    if proxy is not None:
        ours = [*(route.path for route in [*routes, shown]), "/docs"]
        ours += [str(getattr(route, "path", "/")) for route in beside]
        door = ProxyDoor(proxy, workspace_header, ours)
    return FrontDoor(inside, HotCharges(desk, ring, secret), metrics, door)
