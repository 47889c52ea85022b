"""`POST /v2/operator/charges` as raw ASGI: the one route that every paid request goes through.

The same steps as `endpoints.endpoint`, without Request, Response and router objects (measured:
-25 to -56 µs of CPU per charge).
"""

import structlog
from starlette.types import Receive, Scope, Send

from prepaid.domain.refusals import Refusal
from prepaid.flows import metering
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.store.hot import Unavailable
from prepaid.store.writer import Overloaded
from prepaid.web import auth, charges, errors, parsing
from prepaid.web.charge_shapes import ChargeBody
from prepaid.web.endpoints import too_large
from prepaid.web.routing import encode

log = structlog.get_logger("prepaid.web")

PATH = "/v2/operator/charges"
JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotent-replayed", b"true")

Rendered = tuple[int, list[tuple[bytes, bytes]], bytes]


class HotCharges:
    """The endpoint of the hot route."""

    def __init__(self, desk: Desk, ring: KeyRing, operator_key: bytes) -> None:
        self._desk = desk
        self._ring = ring
        self._operator_key = operator_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send, request_id: bytes) -> int:
        """Answer one request; its status."""
        try:
            status, headers, body = await self._answer(scope, receive)
        except (Refusal, Overloaded, Unavailable) as error:
            status, headers, body = errors.render(errors.envelope(error))
        except Exception:
            log.exception("request failed", path=PATH)
            status, headers, body = errors.render(errors.INTERNAL)
        headers.append((b"content-length", b"%d" % len(body)))
        headers.append((b"x-request-id", request_id))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return status

    async def _answer(self, scope: Scope, receive: Receive) -> Rendered:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) != len(scope["headers"]):
            parsing.check_sent_once(scope["headers"])
        auth.check_operator(headers.get(b"x-operator-key"), self._operator_key)
        if headers.get(b"content-type") != b"application/json":
            parsing.check_media_type(headers.get(b"content-type", b"").decode("latin-1"))
        key = headers.get(b"idempotency-key")
        text = None if key is None else parsing.idempotency_key(key.decode("latin-1"))
        body = parsing.decode(await _read(receive), ChargeBody)
        command = await charges.reserve_of(body, text, self._ring)
        outcome = await metering.charge(self._desk, command)
        answer = [JSON, REPLAYED] if outcome.replayed else [JSON]
        return 201, answer, encode(charges.reserved(outcome))


async def _read(receive: Receive) -> bytes:
    message = await receive()
    data: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        data += message.get("body", b"")
        if len(data) > parsing.BODY_MAX:
            raise too_large()
    if message["type"] == "http.disconnect":
        raise Refusal("invalid_request", "the body ended early")
    if len(data) > parsing.BODY_MAX:
        raise too_large()
    return data
