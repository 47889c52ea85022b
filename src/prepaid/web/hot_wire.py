"""The short way of the hot route: from the parsed request to the queue, without a task of its own.

uvicorn's protocol with one exception: a whole, ordinary `POST /v2/operator/charges` goes straight
to `HotCharges`. Everything else, and whatever is unusual about one, takes uvicorn's way through
ASGI, with the same answer. Measured in ADR 0034.
"""

import asyncio

from prepaid.web.hot import PATH, Rendered
from prepaid.web.strict_wire import StrictProtocol

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
        protocol, transport = self.protocol, self.protocol.transport
        self.response_complete = True
        if self.disconnected or transport.is_closing():
            return
        protocol.write(rendered, keep_alive=self.keep_alive)
        if not self.keep_alive:
            transport.close()
        protocol.on_response_complete()


class HotProtocol(StrictProtocol):
    """A connection."""

    def begin(self) -> None:
        """Choose the way."""
        if self._is_ordinary():
            exchange = Exchange(self, keep_alive=self.parser.should_keep_alive())
            self.cycle = exchange  # type: ignore[assignment]
            return
        super().begin()

    def _is_ordinary(self) -> bool:
        if self.url != _URL or self.front is None or self.expect_100_continue:
            return False
        parser = self.parser
        before: object = self.cycle
        if before is not None and not self.cycle.response_complete:
            return False  # pipelined: answered in order, by way of uvicorn's queue
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return False
        if self.limit_concurrency is not None or self.flow.write_paused:
            return False  # answers that are not read are waited for, by way of uvicorn
        if self.config.access_log and self.access_log:
            return False
        lengths = [value for name, value in self.headers if name == b"content-length"]
        return len(lengths) == 1 and int(lengths[0]) <= BODY_MAX  # the parser has seen digits

    def on_message_complete(self) -> None:
        """The request is whole."""
        exchange: object = self.cycle
        if not isinstance(exchange, Exchange) or not exchange.more_body:
            super().on_message_complete()
            return
        exchange.more_body = False
        assert self.front is not None, "else the long way was chosen"
        self.front.answer(self.headers, bytes(exchange.body), exchange.answer)
