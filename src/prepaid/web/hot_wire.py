"""The short way of the hot route: from the parsed request to the queue, without a task of its own.

uvicorn's protocol with one exception: a whole, ordinary `POST /v2/operator/charges` goes straight
to `HotCharges`. Everything else, and whatever is unusual about one, takes uvicorn's way through
ASGI, with the same answer. Measured in ADR 0034.
"""

import asyncio

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from prepaid.web.app import FrontDoor
from prepaid.web.hot import PATH, Rendered

BODY_MAX = 65_536  # a longer one is read in pieces, by way of ASGI
_URL = PATH.encode()
_NOBODY_WAITS = asyncio.Event()


class Exchange:
    """One request on the short way, with what uvicorn's protocol asks of a cycle."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "protocol",
                 "response_complete")  # fmt: skip

    def __init__(self, protocol: "HotProtocol", *, keep_alive: bool) -> None:
        self.protocol = protocol
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.more_body = True
        self.disconnected = False
        self.response_complete = False
        self.message_event = _NOBODY_WAITS

    def answer(self, rendered: Rendered) -> None:
        """Write the whole answer at once."""
        status, headers, body = rendered
        protocol, transport = self.protocol, self.protocol.transport
        self.response_complete = True
        if self.disconnected or transport.is_closing():
            return
        parts = [STATUS_LINE[status]]
        for name, value in protocol.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        parts.append(body)
        transport.write(b"".join(parts))
        if not self.keep_alive:
            transport.close()
        protocol.on_response_complete()


class HotProtocol(HttpToolsProtocol):
    """A connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See whether the application behind us is ours."""
        super().connection_made(transport)  # type: ignore[arg-type]
        app: object = self.app
        if isinstance(app, ProxyHeadersMiddleware):
            app = app.app
        self._front = app if isinstance(app, FrontDoor) else None

    def on_message_begin(self) -> None:
        """A request begins; its scope is made when it is known to need one."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way."""
        if self._is_ordinary():
            exchange = Exchange(self, keep_alive=self.parser.should_keep_alive())
            self.cycle = exchange  # type: ignore[assignment]
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # the scope has this list
        super().on_headers_complete()

    def _is_ordinary(self) -> bool:
        if self.url != _URL or self._front is None or self.expect_100_continue:
            return False
        parser = self.parser
        before: object = self.cycle
        if before is not None and not self.cycle.response_complete:
            return False  # pipelined: answered in order, by way of uvicorn's queue
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return False
        if parser.should_upgrade() or self.limit_concurrency is not None:
            return False
        if self.config.access_log and self.access_log:
            return False
        lengths = [value for name, value in self.headers if name == b"content-length"]
        return len(lengths) == 1 and int(lengths[0]) <= BODY_MAX  # the parser has seen digits

    def on_message_complete(self) -> None:
        """The request is whole."""
        exchange: object = self.cycle
        if not isinstance(exchange, Exchange):
            super().on_message_complete()
            return
        exchange.more_body = False
        assert self._front is not None, "else the long way was chosen"
        self._front.answer(self.headers, bytes(exchange.body), exchange.answer)
