"""What the house needs of upstreams, whatever they are. Never called in a transaction."""

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

Headers = tuple[tuple[str, str], ...]


class UpstreamFailed(Exception):
    """The upstream gave no usable answer: it is down, broke off, or answered too much."""


class UpstreamLate(Exception):
    """The upstream did not answer within its time."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """One request to an upstream."""

    method: str
    url: str  # with its query; percent-encoded as it came
    headers: Headers
    timeout_s: float  # of the whole exchange; of a stream: until its status
    answer_max: int = 0  # bytes of a buffered answer


class Heard(Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Flowing(Protocol):
    """An answer whose body is still to come."""

    status: int
    headers: Headers

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it arrives.

        Raises:
            UpstreamFailed: it broke off.
        """

    async def close(self) -> None:
        """Read no further."""


class Upstreams(Protocol):
    """Asks upstreams. Follows no redirect, keeps no cookie."""

    async def ask(self, request: Outgoing, body: bytes) -> Heard:
        """The whole answer.

        Raises:
            UpstreamFailed: there is none, or it is larger than `answer_max`.
            UpstreamLate: not within the time.
        """

    async def open(self, request: Outgoing, body: AsyncIterator[bytes] | None) -> Flowing:
        """The answer's status, as soon as it is there; whoever asked closes it.

        Raises:
            UpstreamFailed: there is none.
            UpstreamLate: not within the time.
        """

    async def close(self) -> None:
        """Give connections back. They are not used afterwards."""
