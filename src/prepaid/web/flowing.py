"""Bodies of proxied requests and answers, piece by piece, each bounded."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from starlette.types import Receive, Send

from prepaid.domain.refusals import Refusal
from prepaid.flows.proxying.upstreams import UpstreamFailed

log = structlog.get_logger("prepaid.web")


class Upload:
    """The body of a request as it arrives; what was wrong with it is remembered."""

    def __init__(self, receive: Receive, most: int, *, has_body: bool = True) -> None:
        self._receive = receive
        self._most = most
        self.has_body = has_body
        self.error: Refusal | None = None
        self.ended = asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body.

        Raises:
            Refusal: it is too large, or ended early.
        """
        try:
            size, more = 0, True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self.error = Refusal("invalid_request", "the body ended early")
                    raise self.error
                piece: bytes = message.get("body", b"")
                more = message.get("more_body", False)
                size += len(piece)
                if size > self._most:
                    text = f"a body has at most {self._most} bytes here"
                    self.error = Refusal("payload_too_large", text)
                    raise self.error
                if piece:
                    yield piece
        finally:
            self.ended.set()

    async def whole(self, seconds: float) -> bytes:
        """All of it, within a time.

        Raises:
            Refusal: it is too large, too late, or ended early.
        """
        try:
            async with asyncio.timeout(seconds):
                return b"".join([piece async for piece in self.pieces()])
        except TimeoutError as error:
            raise Refusal("invalid_request", "the body did not arrive in time") from error

    async def hung_up(self) -> None:
        """Return when the caller has gone. Only one may listen, so the body comes first."""
        if self.has_body:
            await self.ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue


async def pump(chunks: AsyncIterator[bytes], upload: Upload, send: Send) -> None:
    """Send a body until it ends or the caller is gone; a broken one is left without its end."""
    gone = asyncio.ensure_future(upload.hung_up())
    try:
        if await _sent(chunks, gone, send):
            await send({"type": "http.response.body", "body": b""})
    except UpstreamFailed as error:
        log.info("a stream broke off", reason=str(error))
    finally:
        gone.cancel()


async def _sent(chunks: AsyncIterator[bytes], gone: "asyncio.Future[None]", send: Send) -> bool:
    """Whether the body was sent to its end."""
    while not gone.done():
        piece = asyncio.ensure_future(_next(chunks))
        await asyncio.wait((piece, gone), return_when=asyncio.FIRST_COMPLETED)
        if not piece.done():
            piece.cancel()
            await asyncio.wait({piece})
            return False
        data = piece.result()
        if data is None:
            return True
        await send({"type": "http.response.body", "body": data, "more_body": True})
    return False


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
