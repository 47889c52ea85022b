"""uvicorn's HTTP protocol, stricter where a stranger's bytes would confuse it.

Bounds the head of a request, answers what is no HTTP in the envelope of every error, takes no
trailer for a header, and reads the body of a request that offers to speak another protocol.
"""

import asyncio
from collections import deque

import httptools
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from prepaid.web.app import FrontDoor
from prepaid.web.hot import Rendered

HEAD_MAX = 65_536  # bytes of the first line and the headers, give or take what came in one piece
HEAD_S = 30.0  # after which a head that is not whole is given as long again, and no more

# A list that keeps nothing: trailers come when the headers have been read, and believed.
_UNHEARD: deque[tuple[bytes, bytes]] = deque(maxlen=0)
_OFFERS = frozenset({b"upgrade", b"http2-settings"})


class StrictProtocol(HttpToolsProtocol):
    """A connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See whether the application behind us is ours."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._piece_bytes = 0  # that came last
        self._heads = 0  # that have begun
        self._watch = self.loop.call_later(HEAD_S, self._look, -1)
        self._head_bytes: int | None = None  # of a head that is not whole; None: there is none
        app: object = self.app
        if isinstance(app, ProxyHeadersMiddleware):
            app = app.app
        self.front = app if isinstance(app, FrontDoor) else None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._unset_keepalive_if_required()
        self._piece_bytes = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ask_without_offer(data[offer.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse("this is no HTTP request")
            return
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX:
                self._refuse(f"the first line and the headers have at most {HEAD_MAX} bytes")

    def on_message_begin(self) -> None:
        """A request begins; its scope is made when it is known to need one."""
        self._heads += 1
        self._head_bytes = -self._piece_bytes  # it may begin at the end of a long piece
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_bytes = None
        if not self.parser.should_upgrade():
            self.begin()

    def begin(self) -> None:
        """Hand the request on, by way of ASGI."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # the scope has this list
        super().on_headers_complete()
        self.headers = _UNHEARD  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _look(self, heads: int) -> None:
        """Hang up on who has not come further with a head since the look before."""
        if heads != self._heads or (heads and self._head_bytes is None):
            self._watch = self.loop.call_later(HEAD_S, self._look, self._heads)
        elif heads:
            self._refuse(f"the headers did not come within {HEAD_S:g} seconds")
        else:
            self.transport.close()  # it has not said a word

    def _ask_without_offer(self, rest: bytes) -> None:
        """Read a request anew as if no other protocol were offered, which any server may do.

        Some clients offer HTTP/2 with each first request. The parser drops the body then, so
        that a charge would be settled at another amount than was asked.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse("this is no proxy")
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        for name, value in self.headers:
            kept = value
            if name == b"connection":
                words = [word.strip() for word in value.split(b",")]
                kept = b", ".join(word for word in words if word.lower() not in _OFFERS)
            if name not in _OFFERS:
                lines.append(b"%b: %b" % (name, kept))
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    def _refuse(self, message: str) -> None:
        """Answer that it is no request of ours, and hang up."""
        if self.transport.is_closing():
            return
        before: RequestResponseCycle | None = self.cycle
        if before is not None and not before.response_complete:
            if not before.more_body:
                before.keep_alive = False  # what was asked before is answered, nothing after it
                self.flow.pause_reading()
                return
            if before.response_started:
                self.transport.close()
                return
        if self.front is not None:
            self.write(self.front.refused(message), keep_alive=False)
        self.transport.close()

    def write(self, rendered: Rendered, *, keep_alive: bool) -> None:
        """Write a whole answer at once."""
        status, headers, body = rendered
        parts = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
        parts.append(body)
        self.transport.write(b"".join(parts))
