"""Routes are data: what is asked, by whom, in which shape. The OpenAPI document is made of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from starlette.requests import Request

from prepaid.domain.ids import AccountId
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing

Who = Literal["operator", "account", "anyone"]


@dataclass(frozen=True)
class Call:
    """One request, parsed: handlers see nothing of HTTP but this."""

    desk: Desk
    ring: KeyRing
    account: AccountId  # of the API key; 0 on the operator's routes
    path: dict[str, str]
    query: Any  # of the route's `query` type
    body: Any  # of the route's `body` type
    key: str | None  # the caller's idempotency key
    request: Request


@dataclass(frozen=True)
class Answer:
    """What a handler gives back; `value` is encoded as JSON, bytes are sent as they are.

    An asynchronous iterator of bytes is sent piece by piece, at the pace of whoever reads it.
    """

    value: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = "application/json"


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One method and path."""

    method: str
    path: str
    handler: Handler
    summary: str
    who: Who = "operator"
    scope: Literal["read", "full"] | None = None  # what the API key must be allowed
    body: type | None = None
    query: type | None = None
    answer: Any = None
    also_as: tuple[str, ...] = ()  # media types beside JSON, chosen by `Accept`
    status: int = 200
    refusals: tuple[str, ...] = field(default=())  # codes beyond those of every route
    is_idempotent: bool = False  # takes an Idempotency-Key

    @property
    def needed_scope(self) -> Literal["read", "full"]:
        """What the API key must be allowed: reading is enough for a GET."""
        return self.scope or ("read" if self.method == "GET" else "full")


encode = msgspec.json.Encoder(decimal_format="number").encode


def replayed(is_replay: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - a plain fact
    """The header that tells a repeated answer from a first one."""
    return (("idempotent-replayed", "true"),) if is_replay else ()
