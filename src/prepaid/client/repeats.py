"""A caller's own `Idempotency-Key` at a metered application: its repeats are not charged again.

Answers are not kept here, so the application runs again for a repeat. A key whose request failed,
or was paid more than a day ago, may charge anew. Which requests there are is asked of the service.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from prepaid.client.asking import Order
from prepaid.client.awaiting import AsyncClient, AsyncOpenCharge
from prepaid.client.errors import Refused
from prepaid.client.refusing import refused
from prepaid.client.shapes import Charge, Detail

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

FREE_FOR = timedelta(days=1)
TURNS_MAX = 10  # charges that one key may begin, one after the other
BODY_MAX = 1 << 20  # of a request with a key: it is read before the application sees it
_PRINTABLE = re.compile(rb"[ -~]{1,255}")
_encode = msgspec.json.Encoder().encode


class PaidCharge(AsyncOpenCharge):
    """The settled charge of a repeat: whatever the application does, it stays as it is."""

    async def settle(
        self,
        *,
        credits: Decimal | int | None = None,  # noqa: ARG002 - the amount is fixed
        quantity: int | None = None,  # noqa: ARG002
    ) -> Charge:
        """Nothing: it is paid."""
        return self.charge

    async def release(self) -> Charge:
        """Nothing: it was paid for an answer that was given."""
        return self.charge


def check(key: bytes) -> None:
    """A key is short and printable.

    Raises:
        Refused: 400.
    """
    if not _PRINTABLE.fullmatch(key):
        wrong = Detail("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
        raise refused(400, "invalid_request", f"{wrong.field} {wrong.message}", wrong)


async def whole(receive: Receive) -> tuple[bytes, Receive]:
    """A request's body, and where the application reads it once more.

    Raises:
        Refused: 413.
        ConnectionAbortedError: the caller has gone before sending all of it.
    """
    parts, size, is_more = [], 0, True
    while is_more:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionAbortedError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        is_more = message.get("more_body", False)
        if size > BODY_MAX:
            raise refused(413, "payload_too_large", "with an Idempotency-Key at most 1 MiB")
    body = b"".join(parts)
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return body, again


def digest(scope: Scope, body: bytes) -> str:
    """What another request with the same key must be equal in."""
    query = scope["query_string"].decode("latin-1")
    parts = [scope["method"], scope["path"], query, sha256(body).hexdigest()]
    return sha256(_encode(parts)).hexdigest()


async def opened(client: AsyncClient, order: Order, key: bytes) -> AsyncOpenCharge:
    """A new charge for a key, or the settled one it stands for.

    Raises:
        Refused: 409 while the first request with the key is under way, 422 when it was another.
    """
    name = sha256(key).hexdigest()  # so that it meets no key of the seller's own charges
    for turn in range(TURNS_MAX):
        charge = await _reserved(client, order, f"metering:{name}:{turn}")
        if not charge.replayed:
            return AsyncOpenCharge(client, charge)
        charge = await client.find(charge.id)
        if charge.status == "held":
            message = "the first request with this Idempotency-Key is under way"
            raise refused(409, "request_in_progress", message)
        if charge.status == "settled" and _is_fresh(charge):
            return PaidCharge(client, charge)
    raise refused(422, "idempotency_key_reused", "this Idempotency-Key is worn out; take another")


async def _reserved(client: AsyncClient, order: Order, key: str) -> Charge:
    try:
        return await client.reserve(order, key=key)
    except Refused as error:
        if error.code != "idempotency_key_reused":
            raise
        message = "this Idempotency-Key was used for another request"
        raise refused(422, error.code, message) from error


def _is_fresh(charge: Charge) -> bool:
    return datetime.now(UTC) < datetime.fromisoformat(charge.reserved_at) + FREE_FOR
