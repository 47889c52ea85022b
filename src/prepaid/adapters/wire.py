"""One HTTP/1.1 POST over a connection of aiohttp's: its pool, TLS, name look-up and parser.

The request itself is a handful of bytes that are written here: what a client session does around
each request, which is made for redirects, cookies, proxies and forms, cost twice as much as all
the rest of a webhook. Knows what a `Trail` is told, and nothing of who sends what to whom.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from prepaid.adapters.attempts import Refused, Trail
from prepaid.domain.deliveries import head_lines

READ_BYTES_MAX = 64 * 1024  # of a response's body
TARGETS_MAX = 1_000  # URLs that are kept taken apart

_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Target(NamedTuple):
    """A URL, taken apart."""

    request: aiohttp.ClientRequest  # what the pool knows a place by; never sent
    line: str  # the first of every request
    host: str  # the header


class Wire:
    """Sends requests over shared connections. Make it inside a running event loop."""

    def __init__(
        self, connector: aiohttp.TCPConnector, schemes: tuple[str, ...], connect_s: float
    ) -> None:
        """Take who connects.

        Args:
            connector: closed with this.
            schemes: those that may be spoken.
            connect_s: for name look-up, connection and TLS together.
        """
        self._connector = connector
        self._schemes = schemes
        # Not rounded to seconds, which the library does to longer ones.
        self._timeout = aiohttp.ClientTimeout(connect=connect_s, ceil_threshold=float("inf"))
        self._target = lru_cache(TARGETS_MAX)(self._taken_apart)

    async def close(self) -> None:
        """Close every connection. Requests in flight fail."""
        await self._connector.close()

    async def post(self, trail: Trail, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send one request and tell the trail what comes back, at most 64 KiB of its body.

        The trail's own headers are sent behind these.

        Raises:
            Refused: the URL is none that may be asked.
            ValueError: a header holds a line break.
            aiohttp.ClientError, HttpProcessingError, OSError: there was no answer.
        """
        target = self._target(url)
        request = _request(target, body, headers, trail.own)
        connection = await self._connect(target)
        try:
            await _exchange(connection, request, trail)
            # What is left unread closes the connection: nothing is drained.
            connection.release()
        finally:
            connection.close()  # unless it was given back

    async def _connect(self, target: Target) -> Connection:
        try:
            return await self._connector.connect(target.request, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error

    def _taken_apart(self, url: str) -> Target:
        try:
            parts = URL(url, encoded=True)
            if parts.scheme not in self._schemes:
                raise Refused(f"scheme {parts.scheme} is not allowed")
            loop = asyncio.get_running_loop()
            request = aiohttp.ClientRequest("POST", parts, loop=loop)
        except ValueError as error:  # an invalid URL is one, too
            raise Refused(str(error)) from error
        host, path = parts.host_port_subcomponent, parts.raw_path_qs
        if not _VISIBLE.fullmatch(f"{host}{path}"):
            raise Refused("the URL is not made of visible ASCII characters")
        return Target(request, f"POST {path} HTTP/1.1\r\n", f"Host: {host}\r\n")


class Request(NamedTuple):
    """What is written, and its headers as they are kept."""

    wire: bytes
    kept: str


def _request(
    target: Target, body: bytes, headers: Mapping[str, str], own: Mapping[str, str]
) -> Request:
    lines, secret = head_lines.lines(headers), head_lines.lines(own)
    count, length = len(headers) + len(own), f"Content-Length: {len(body)}\r\n"
    whole = lines + secret
    if whole.count("\n") + whole.count("\r") != 2 * count or "\0" in whole:
        raise ValueError("a header holds a line break")
    head = f"{target.line}{target.host}{whole}{length}\r\n"
    kept = f"{target.host}{lines}{head_lines.masked(own)}{length}"
    return Request(head.encode() + body, kept)


async def _exchange(connection: Connection, request: Request, trail: Trail) -> None:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:  # it was lost a moment ago
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,  # what a small body unpacks to is not our concern
        read_bufsize=READ_BYTES_MAX // 2,
    )
    transport.write(request.wire)
    trail.asked(transport.get_extra_info("peername"), request.kept)
    message, content = await protocol.read()
    while 100 <= message.code < 200 and message.code != 101:  # noqa: PLR2004 - an answer follows
        message, content = await protocol.read()
    trail.answered(message.code, message.headers, message.raw_headers)
    while chunk := await content.read(READ_BYTES_MAX - trail.read):
        trail.took(chunk)
