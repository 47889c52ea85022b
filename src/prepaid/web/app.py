"""The whole front door: every route on one screen, and the ASGI application they make."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
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
    workspaces,
)
from prepaid.web.endpoints import endpoint, our_fault, unknown_method, unknown_path
from prepaid.web.hot import PATH as HOT_PATH
from prepaid.web.hot import HotCharges
from prepaid.web.metrics import Metrics
from prepaid.web.routing import Answer, Call, Route

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

ROUTES: Sequence[Route] = [
    *operator_accounts.ROUTES,
    *operator_prices.ROUTES,
    *operator_charges.ROUTES,
    *operator_usage.ROUTES,
    *workspaces.ROUTES,
    *billing.ROUTES,
    *alerts.ROUTES,
]


class FrontDoor:
    """Gives every answer its `x-request-id`, and takes the short way for the hot route."""

    def __init__(self, inside: ASGIApp, hot: HotCharges, metrics: Metrics) -> None:
        self._inside = inside
        self._hot = hot
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the process."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        request_id = b"req_" + secrets.token_hex(8).encode()
        if scope["path"] == HOT_PATH and scope["method"] == "POST":
            self._metrics.answered(await self._hot(scope, receive, send, request_id))
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                self._metrics.answered(message["status"])
            await send(message)

        await self._inside(scope, receive, send_with_id)


def build(
    desk: Desk, *, operator_key: str, public_url: str, metrics: Metrics, lifespan: Lifespan | None
) -> FrontDoor:
    """The application."""
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
        + [StarletteRoute("/docs", page)],
        exception_handlers={404: unknown_path, 405: unknown_method, Exception: our_fault},
        lifespan=lifespan,
    )
    inside.router.redirect_slashes = False  # a path is right or unknown
    return FrontDoor(inside, HotCharges(desk, ring, secret), metrics)
