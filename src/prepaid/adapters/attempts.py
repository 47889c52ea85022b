"""What became of one webhook request: its record, gathered while it runs, and its class of error.

Knows how the HTTP client reports trouble; knows nothing of connections.
"""

from collections.abc import Mapping, Sequence
from errno import EACCES
from typing import Literal

import aiohttp
from msgspec import Struct

from prepaid.domain.deliveries import head_lines
from prepaid.domain.deliveries.endpoints import HEADER_VALUE_LENGTH_MAX
from prepaid.domain.deliveries.head_lines import Raw

KEPT_BYTES_MAX = 4 * 1024  # of a response's body, for the record
# A secret that begins within what is kept is looked for whole.
HELD_BYTES_MAX = KEPT_BYTES_MAX + HEADER_VALUE_LENGTH_MAX
HEADER_LENGTH_MAX = 128  # of a response header that is handed on

Failure = Literal[
    "blocked",  # the scheme, or every address of the host, is not allowed: nothing was sent
    "dns",  # the host has no address
    "connect",  # refused or unreachable
    "connect_timeout",
    "tls",  # no common version, or a certificate that does not hold
    "timeout",  # connected, but no answer in time
    "disconnected",  # closed or reset before an answer
    "protocol",  # what came is not HTTP
    "redirect",  # 3xx: never followed
    "client_error",  # 4xx
    "server_error",  # 5xx
    "unexpected_status",  # any other that is not 2xx
]

_BY_HUNDRED: dict[int, Failure | None] = {
    2: None,
    3: "redirect",
    4: "client_error",
    5: "server_error",
}


class Attempt(Struct, frozen=True):
    """What became of one request."""

    failure: Failure | None  # None: the answer was 2xx
    status: int | None  # None: there was no answer
    duration_ms: int
    excerpt: str  # of the response, or of the error; at most 4 KiB of UTF-8, no NUL
    address: str | None  # last one connected to, or refused; None: the host has none
    retry_after: str | None = None  # the response's header, for the retry rule to read
    directive: str | None = None  # the response's header `webhook-delivery`
    request_headers: str = ""  # as they were sent, secret values masked; empty: nothing was sent
    response_headers: str = ""  # bounded and printable, see `head_lines`


class Refused(PermissionError):
    """Not allowed, so nothing was sent. The HTTP client takes it for an error of the system."""

    def __init__(self, reason: str) -> None:
        super().__init__(EACCES, reason)


class Trail:
    """What is known of a request so far."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own  # headers whose values are secret
        self.addresses: list[str] = []  # a socket was made for each
        self.refused: str | None = None  # an address that is not allowed, or the scheme
        self.peer: str | None = None
        self.status: int | None = None
        self.read = 0  # bytes of the response's body
        self._failure: Failure | None = None
        self._excerpt = b""
        self._retry_after: str | None = None
        self._directive: str | None = None
        self._secrets = head_lines.secrets_of(own.values()) if own else ()
        self._sent = self._came = ""

    @property
    def may_be_stale(self) -> bool:
        """Whether the request went out on a connection that was kept, and got no answer."""
        return not (self.addresses or self.refused or self.status)

    def asked(self, peer: Sequence[object] | None, sent: str) -> None:
        """Keep the socket address of who is asked, and the headers that went there."""
        self.peer = str(peer[0]) if peer else None
        self._sent = sent

    def answered(self, status: int, headers: Mapping[str, str], raw: Sequence[Raw]) -> None:
        """Keep the head of the response."""
        self.status = status
        self._came = head_lines.of_answer(raw, self._secrets)
        self._failure = _BY_HUNDRED.get(status // 100, "unexpected_status")
        self._retry_after = _header(headers, "retry-after")
        self._directive = _header(headers, "webhook-delivery")

    def took(self, chunk: bytes) -> None:
        """Count a piece of the body, and hold it while it is among the first 5 KiB."""
        self.read += len(chunk)
        self._excerpt += chunk[: HELD_BYTES_MAX - len(self._excerpt)]

    def failed(self, error: Exception) -> None:
        """Keep why there was no answer; an answer that has arrived is not taken back."""
        if self.status is None:
            self._failure = self._class_of(error)
            said = error.strerror if isinstance(error, OSError) else None
            text = said or str(error) or type(error).__name__
            self._excerpt = text.encode(errors="replace")[:HELD_BYTES_MAX]

    def attempt(self, duration_ms: int) -> Attempt:
        """The record."""
        # PostgreSQL keeps no NUL in text; what stands for a broken byte is longer than the byte.
        text = self._excerpt.decode(errors="replace").replace("\0", "\ufffd")
        text = head_lines.hidden(text, self._secrets)
        return Attempt(
            failure=self._failure,
            status=self.status,
            duration_ms=duration_ms,
            excerpt=text.encode()[:KEPT_BYTES_MAX].decode(errors="ignore"),
            address=self.peer or (self.addresses[-1] if self.addresses else self.refused),
            retry_after=self._retry_after,
            directive=self._directive,
            request_headers=self._sent,
            response_headers=self._came,
        )

    def _class_of(self, error: Exception) -> Failure:  # noqa: PLR0911 - a table, narrowest first
        match error:
            case Refused() | aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return "blocked"
            case aiohttp.ConnectionTimeoutError():
                return "connect_timeout"
            case TimeoutError():
                return "timeout"
            case aiohttp.ClientConnectorDNSError():
                return "dns"
            case aiohttp.ClientSSLError():
                return "tls"
            case aiohttp.ClientConnectorError():
                return "blocked" if self.refused and not self.addresses else "connect"
            case aiohttp.ClientConnectionError() | OSError():
                return "disconnected"
            case _:
                return "protocol"


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    if value is None:
        return None
    # A receiver may put any byte here; what cannot be printed has no meaning to us.
    return "".join(letter for letter in value if " " <= letter <= "~")[:HEADER_LENGTH_MAX]
