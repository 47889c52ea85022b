"""A receiver of webhooks in memory, and the pages that show them beside the mail.

Mail may hold links that open somebody's dashboard, so nobody but this machine is shown any of it.
"""

import base64
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from prepaid.sandbox.mailbox import Mailbox

PAGE = "/sandbox"
HOOKS = "/sandbox/hooks"
MAIL = "/sandbox/mails/{number:int}"
KEPT_MAX = 100
BODY_MAX = 1 << 20

LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_FOLDER = Path(__file__).parent / "templates"
_CSS = (_FOLDER / "sandbox.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_Handler = Callable[[Request], Awaitable[Response]]


class Hook(Struct, frozen=True):
    """A webhook that arrived."""

    at: float  # seconds since 1970
    id: str
    signature: str
    type: str
    body: str


class Sandbox:
    """What was sent to this installation's own receiver and mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self._began = time.time()
        self.hooks: deque[Hook] = deque(maxlen=KEPT_MAX)
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        environment.filters["clock"] = lambda at: time.strftime("%H:%M:%S UTC", time.gmtime(at))
        environment.filters["moment"] = lambda at: time.strftime(
            "%-d %b, %H:%M UTC", time.gmtime(at)
        )
        self._page = environment.get_template("sandbox.html")

    def routes(self) -> list[BaseRoute]:
        """The receiver and the pages."""
        return [
            Route(HOOKS, _near(self._receive), methods=["POST"]),
            Route(PAGE, _near(self._show)),
            Route(MAIL, _near(self._show_mail)),
        ]

    async def _receive(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX:
                return Response(status_code=413)
        headers = request.headers
        kind, text = _read(bytes(body))
        self.hooks.appendleft(
            Hook(
                at=time.time(),
                id=headers.get("webhook-id", ""),
                signature=headers.get("webhook-signature", ""),
                type=kind,
                body=text,
            )
        )
        return Response("thanks", 200)

    async def _show(self, _request: Request) -> Response:
        page = self._page.render(
            css=_CSS,
            kept_max=KEPT_MAX,
            began=self._began,
            mails=self.mailbox.mails,
            hooks=self.hooks,
        )
        policy = f"{_NOTHING}; style-src 'sha256-{_CSS_HASH}'"
        return HTMLResponse(page, headers=_SAFE | {"content-security-policy": policy})

    async def _show_mail(self, request: Request) -> Response:
        number = request.path_params["number"]
        html = next((one.html for one in self.mailbox.mails if one.number == number), None)
        if html is None:
            return PlainTextResponse("the mail is not kept any more", 404)
        # A mail brings its own styles; in a sandbox it can do nothing but be looked at.
        policy = f"{_NOTHING}; style-src 'unsafe-inline'; sandbox allow-top-navigation"
        return HTMLResponse(html, headers=_SAFE | {"content-security-policy": policy})


def _near(inside: _Handler) -> _Handler:
    """Only for requests of this machine: not through a proxy on it, nor by a borrowed name."""

    async def answer(request: Request) -> Response:
        if _is_near(request):
            return await inside(request)
        text = "The sandbox is shown on the machine it runs on only, at http://127.0.0.1:PORT.\n"
        return PlainTextResponse(text, 403)

    return answer


def _is_near(request: Request) -> bool:
    client = request.client
    if client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        is_loopback = ip_address(client.host).is_loopback
    except ValueError:
        return False
    # A name of somebody else's that leads here is how a web page reads what it must not.
    return is_loopback and request.url.hostname in LOCAL_NAMES


def _read(body: bytes) -> tuple[str, str]:
    """Type and text of a webhook, as people read it."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return "not JSON", body.decode(errors="replace")
    kind = found.get("type") if isinstance(found, dict) else None
    return str(kind or "no type"), msgspec.json.format(body, indent=2).decode(errors="replace")
