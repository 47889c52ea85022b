"""A receiver of webhooks in memory, and the page that shows them beside the mail."""

import time
from collections import deque
from html import escape

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from prepaid.sandbox.mailbox import Mailbox

HOOKS = "/sandbox/hooks"
PAGE = "/sandbox"
KEPT_MAX = 100
BODY_MAX = 1 << 20

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;"
    "margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;"
    "background:#8881;padding:.75rem;border-radius:.4rem}summary{cursor:pointer}"
    "details{margin:.5rem 0}small{opacity:.75}"
)


class Hook(Struct, frozen=True):
    """A webhook that arrived."""

    at: float
    id: str
    signature: str
    body: str


class Sandbox:
    """What was sent to this installation's own receiver and mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.hooks: deque[Hook] = deque(maxlen=KEPT_MAX)

    def routes(self) -> list[BaseRoute]:
        """The receiver and the page."""
        return [Route(HOOKS, self._receive, methods=["POST"]), Route(PAGE, self._page)]

    async def _receive(self, request: Request) -> Response:
        if int(request.headers.get("content-length", "0")) > BODY_MAX:
            return Response(status_code=413)
        body = await request.body()
        headers = request.headers
        self.hooks.appendleft(
            Hook(
                at=time.time(),
                id=headers.get("webhook-id", ""),
                signature=headers.get("webhook-signature", ""),
                body=body.decode(errors="replace"),
            )
        )
        return Response("thanks", 200)

    async def _page(self, _request: Request) -> Response:
        hooks = "".join(
            _entry(one.at, one.id, f"webhook-signature: {one.signature}\n\n{one.body}")
            for one in self.hooks
        )
        mails = "".join(
            _entry(one.at, f"{one.subject} → {one.recipient}", one.text)
            for one in self.mailbox.mails
        )
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Prepaid sandbox</title>'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh"'
            f' content="5"><style>{_STYLE}</style><h1>Sandbox</h1>'
            "<p>What this demonstration has sent to its own receiver and mailbox. Nothing has left"
            f" the machine.</p><h2>Webhooks ({len(self.hooks)})</h2>{hooks or '<p>None yet.</p>'}"
            f"<h2>Mail ({len(self.mailbox.mails)})</h2>{mails or '<p>None yet.</p>'}</html>"
        )
        return HTMLResponse(
            page,
            headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )


def _entry(at: float, title: str, text: str) -> str:
    when = time.strftime("%H:%M:%S", time.gmtime(at))
    return (
        f"<details open><summary><small>{when} UTC</small> {escape(title)}</summary>"
        f"<pre>{escape(text)}</pre></details>"
    )
