"""One POST to a URL that a stranger chose. A receiver can neither hurt nor use us.

Every connection is checked on its concrete address when its socket is made, so a name that
changes its meaning cannot pass. Knows nothing of signatures, retries or the queue.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType
from aiohttp.http_exceptions import HttpProcessingError

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.attempts import Attempt, Refused, Trail
from prepaid.adapters.resolver import ThreadResolver
from prepaid.adapters.wire import Wire

TOTAL_S = 20.0  # for everything, from the name look-up to the last byte
CONNECT_S = 5.0  # for name look-up, connection and TLS together
CONNECTIONS_MAX = 100
KEEPALIVE_S = 4.0  # below the 5 s after which common servers close an idle connection
NAMES_S = 10  # how long an address that was looked up is used for new connections

_NONE: Mapping[str, str] = MappingProxyType({})
_TRAIL: ContextVar[Trail] = ContextVar("prepaid_webhook_trail")


class WebhookSender:
    """Sends webhooks over shared connections. Make it inside a running event loop."""

    def __init__(
        self,
        rule: AddressRule,
        *,
        allow_http: bool = False,
        total_s: float = TOTAL_S,
        connect_s: float = CONNECT_S,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        """Take the rule for addresses and the limits.

        Args:
            rule: which addresses may be connected to.
            allow_http: send without TLS where the URL says so.
            total_s: for everything, in seconds.
            connect_s: for name look-up, connection and TLS, in seconds.
            tls: trusted certificates; None: the system's.
            resolver: who looks names up; None: the system, in threads of its own.
            connections_max: at once; the caller bounds requests, so none waits for a connection.
        """
        self._rule = rule
        self._total_s = total_s
        self._resolver = resolver or ThreadResolver()
        connector = aiohttp.TCPConnector(
            ssl=tls or ssl.create_default_context(),
            limit=connections_max,
            resolver=self._resolver,
            ttl_dns_cache=NAMES_S,
            keepalive_timeout=KEEPALIVE_S,
            socket_factory=self._socket,
        )
        schemes = ("https", "http") if allow_http else ("https",)
        self._wire = Wire(connector, schemes, connect_s)

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first request."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close, see `close`."""
        await self.close()

    async def close(self) -> None:
        """Close every connection. Requests in flight fail."""
        await self._wire.close()
        await self._resolver.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], own: Mapping[str, str] = _NONE
    ) -> Attempt:
        """Send one request and say what became of it. Never raises for what the receiver does.

        The status decides: once it is 2xx the webhook has arrived, whatever its body does.

        Args:
            url: checked when the endpoint was made, and its scheme again here.
            body: sent as it is.
            headers: ours, besides `Host`, `Content-Length` and `Accept-Encoding: identity`.
            own: the endpoint's, none of them named as one of ours; their values are secret, and
                masked in what is kept.

        Raises:
            ValueError: a header holds a line break; endpoints with such headers are refused.
        """
        clock = asyncio.get_running_loop()
        began = clock.time()
        trail = Trail(own)
        _TRAIL.set(trail)
        try:
            async with asyncio.timeout(self._total_s):
                await self._ask(trail, url, body, {"Accept-Encoding": "identity", **headers})
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            trail.failed(error)
        return trail.attempt(round((clock.time() - began) * 1000))

    async def _ask(self, trail: Trail, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            await self._wire.post(trail, url, body, headers)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The other side may have closed a kept connection a moment ago. That is no failure,
            # and a webhook that arrives twice has the same id.
            if not trail.may_be_stale:
                raise
            await self._wire.post(trail, url, body, headers)

    def _socket(self, info: AddrInfoType) -> socket.socket:
        # Called with each address just before the connection, whoever looked the name up.
        family, kind, protocol, _, address = info
        text = str(address[0])
        trail = _TRAIL.get()
        reason = self._rule.refusal(text)
        if reason is not None:
            trail.refused = text
            raise Refused(f"address {text} is not allowed: {reason}")
        trail.addresses.append(text)
        return socket.socket(family, kind, protocol)
