"""The door on a port of its own, for those who watch: health and metrics, and no key."""

from dataclasses import replace

from starlette.applications import Starlette
from starlette.routing import Route as StarletteRoute

from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.web import health
from prepaid.web.endpoints import endpoint, our_fault, unknown_method, unknown_path
from prepaid.web.metrics import Metrics


def build(desk: Desk, metrics: Metrics) -> Starlette:
    """The application; whoever reaches its port may ask."""
    ring = KeyRing(desk)
    routes = [replace(route, who="anyone") for route in health.routes(metrics)]
    inside = Starlette(
        routes=[
            StarletteRoute(route.path, endpoint(route, desk, ring, b""), methods=[route.method])
            for route in routes
        ],
        exception_handlers={404: unknown_path, 405: unknown_method, Exception: our_fault},
    )
    inside.router.redirect_slashes = False
    return inside
