"""Passes requests on to upstreams over HTTP, with aiohttp. Knows nothing of credit."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import aiohttp
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from prepaid.flows.proxying.upstreams import (
    Flowing,
    Headers,
    Heard,
    Outgoing,
    UpstreamFailed,
    UpstreamLate,
)

T = TypeVar("T")

CONNECTIONS_MAX = 512
CONNECT_S = 10.0
# Shorter than what servers usually keep an idle connection open: a request must not meet its end.
IDLE_S = 4.0
SILENCE_S = 300.0  # between two pieces of a stream
PIECE = 1 << 16
_OURS = ("user-agent", "accept", "accept-encoding", "content-type")
_STATUSES = range(200, 600)  # of answers; what is below is said on the way to one
_UNFIT = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # in the value of a header


class HttpUpstreams:
    """Upstreams reached over HTTP. Opened at its first use, in the loop that uses it."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def ask(self, request: Outgoing, body: bytes) -> Heard:
        """The whole answer; see `Upstreams`."""
        return await _within(request.timeout_s, lambda: self._ask(request, body))

    async def open(self, request: Outgoing, body: AsyncIterator[bytes] | None) -> Flowing:
        """The answer's status; see `Upstreams`."""
        response = await _within(request.timeout_s, lambda: self._send(request, body))
        return _Flowing(response)

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _ask(self, request: Outgoing, body: bytes) -> Heard:
        response = await self._send(request, body or None)
        try:
            data = await _whole(response, request.answer_max)
        except BaseException:
            response.close()
            raise
        response.release()
        return Heard(response.status, _headers(response), data)

    async def _send(
        self, request: Outgoing, body: bytes | AsyncIterator[bytes] | None
    ) -> ClientResponse:
        response = await self._opened().request(
            request.method,
            URL(request.url, encoded=True),
            headers=[(name, _written(value)) for name, value in request.headers],
            data=body,
            allow_redirects=False,
            skip_auto_headers=_OURS,
        )
        try:
            _check_head(response)
        except UpstreamFailed:
            response.close()
            raise
        return response

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_S, enable_cleanup_closed=False
                ),
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=None, connect=CONNECT_S, sock_read=SILENCE_S),
                auto_decompress=False,
                trust_env=False,
                requote_redirect_url=False,
            )
        return self._session


def _written(value: str) -> str:
    """A header's value so that the bytes that came leave: the library writes text as UTF-8."""
    try:
        return value if value.isascii() else value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _check_head(response: ClientResponse) -> None:
    """What no server would send on must not be paid for: nobody would get it.

    Raises:
        UpstreamFailed: a status that is none, or a control character in a header.
    """
    if response.status not in _STATUSES:
        raise UpstreamFailed(f"answered with the status {response.status}")
    if any(_UNFIT.search(value) for _, value in response.raw_headers):
        raise UpstreamFailed("answered with a control character in a header")


async def _whole(response: ClientResponse, most: int) -> bytes:
    length = response.content_length
    if length is not None and length <= most:
        return await response.read()
    data = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        data += piece
        if len(data) > most:
            raise UpstreamFailed(f"answered more than {most} bytes")
    return bytes(data)


class _Flowing:
    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = _headers(response)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it arrives."""
        try:
            async for piece in self._response.content.iter_any():
                yield piece
        except (ClientError, TimeoutError, OSError) as error:
            raise UpstreamFailed(_reason(error)) from error

    async def close(self) -> None:
        """Read no further; a connection whose answer was read to its end is used again."""
        if self._response.content.is_eof():
            self._response.release()
        else:
            self._response.close()


async def _within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work()
    except TimeoutError as error:  # aiohttp's own time limits are of this kind too
        raise UpstreamLate(f"gave no answer within {seconds:g} seconds") from error
    except (ClientError, OSError, ValueError) as error:
        raise UpstreamFailed(_reason(error)) from error


def _headers(response: ClientResponse) -> Headers:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
    )


def _reason(error: Exception) -> str:
    # The class, not the text: that may hold addresses which are nobody's business.
    return type(error).__name__
