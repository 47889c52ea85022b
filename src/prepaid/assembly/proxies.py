"""The metering proxy: its routes file, and the sandbox register that is served beside it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from prepaid.adapters.upstream import HttpUpstreams
from prepaid.domain.routing import file
from prepaid.domain.routing.routes import Routes
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.flows.proxying.errands import Ways
from prepaid.flows.proxying.passing import Proxy
from prepaid.sandbox import serving as sandbox_serving
from prepaid.sandbox.register import register
from prepaid.settings import SettingError, Settings

ROUTES_FILE = Path(__file__).parents[1] / "routes.toml"


def load_routes(settings: Settings) -> Routes:
    """The routes of the metering proxy.

    Raises:
        WrongRoutes: with the line, and what is wrong there.
        SettingError: the file cannot be read.
    """
    path = Path(settings.routes) if settings.routes else ROUTES_FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise SettingError(f"PREPAID_ROUTES: {path} cannot be read: {reason}") from error
    return file.parse(text)


def open_proxy(
    desk: Desk, routes: Routes
) -> tuple[Proxy, Callable[[], AbstractAsyncContextManager[None]]]:
    """The proxy, and what serves the register that ships beside it, when a route leads there."""
    addresses = {name: upstream.url for name, upstream in routes.upstreams.items()}
    ways = Ways(routes.upstreams, addresses)
    proxy = Proxy(desk, KeyRing(desk), routes, ways, HttpUpstreams())
    ours = [name for name, upstream in routes.upstreams.items() if upstream.is_sandbox]

    def beside() -> AbstractAsyncContextManager[None]:
        if not ours:
            return nullcontext()
        place = sandbox_serving.listening()
        addresses.update(dict.fromkeys(ours, sandbox_serving.address(place)))
        return sandbox_serving.served(register(), place)

    return proxy, beside
