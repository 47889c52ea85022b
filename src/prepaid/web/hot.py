"""`POST /v2/operator/charges`: the one route that every paid request goes through.

The same steps as `endpoints.endpoint`, without Request, Response and router objects. It is asked
in two ways, with the same answer: by `hot_wire`, which hands over whole requests, and by ASGI.
"""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog
from starlette.types import Receive, Scope, Send

from prepaid.domain.book import Outcome
from prepaid.domain.refusals import Refusal
from prepaid.flows import metering
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.web import auth, charges, errors, parsing
from prepaid.web.charge_shapes import ChargeBody
from prepaid.web.endpoints import too_large
from prepaid.web.routing import encode

log = structlog.get_logger("prepaid.web")

PATH = "/v2/operator/charges"
JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotent-replayed", b"true")

Headers = list[tuple[bytes, bytes]]
Rendered = tuple[int, Headers, bytes]
Reply = Callable[[Rendered], None]


class HotCharges:
    """The endpoint of the hot route."""

    def __init__(self, desk: Desk, ring: KeyRing, operator_key: bytes) -> None:
        self._desk = desk
        self._ring = ring
        self._operator_key = operator_key
        self._meeting: set[asyncio.Task[None]] = set()

    def answer(self, headers: Headers, body: bytes, request_id: bytes, reply: Reply) -> None:
        """Take one whole request; `reply` is called once, in this loop, with its answer."""
        try:
            key = self._key_of(headers)
            asked = parsing.decode(body, ChargeBody)
            caller = charges.known_caller(asked, self._ring)
            if caller is None:
                task = asyncio.create_task(self._meet(asked, key, request_id, reply))
                self._meeting.add(task)
                task.add_done_callback(self._meeting.discard)
                return
            command = charges.reserve(asked, key, caller)
            metering.begin(self._desk, command, partial(_finish, request_id, reply))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            reply(_whole(_failed(error), request_id))

    async def _meet(
        self, asked: ChargeBody, key: str | None, request_id: bytes, reply: Reply
    ) -> None:
        """The same for an API key that this process has not met before."""
        try:
            command = await charges.reserve_of(asked, key, self._ring)
            rendered = _rendered(await metering.charge(self._desk, command))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            rendered = _failed(error)
        reply(_whole(rendered, request_id))

    async def __call__(self, scope: Scope, receive: Receive, send: Send, request_id: bytes) -> int:
        """Answer one request; its status."""
        try:
            key = self._key_of(scope["headers"])
            asked = parsing.decode(await _read(receive), ChargeBody)
            command = await charges.reserve_of(asked, key, self._ring)
            rendered = _rendered(await metering.charge(self._desk, command))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            rendered = _failed(error)
        status, headers, body = _whole(rendered, request_id)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return status

    def _key_of(self, sent: Headers) -> str | None:
        """The idempotency key, after everything else that headers say."""
        headers = dict(sent)
        if len(headers) != len(sent):
            parsing.check_sent_once(sent)
        auth.check_operator(headers.get(b"x-operator-key"), self._operator_key)
        if headers.get(b"content-type") != b"application/json":
            parsing.check_media_type(headers.get(b"content-type", b"").decode("latin-1"))
        key = headers.get(b"idempotency-key")
        return None if key is None else parsing.idempotency_key(key.decode("latin-1"))


def _finish(request_id: bytes, reply: Reply, result: Outcome | Exception) -> None:
    try:
        rendered = _failed(result) if isinstance(result, Exception) else _rendered(result)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
        rendered = _failed(error)
    reply(_whole(rendered, request_id))


def _rendered(outcome: Outcome) -> Rendered:
    headers = [JSON, REPLAYED] if outcome.replayed else [JSON]
    return 201, headers, encode(charges.reserved(outcome))


def _failed(error: Exception) -> Rendered:
    if isinstance(error, Refusal | Overloaded | Unavailable):
        return errors.render(errors.envelope(error))
    log.error("request failed", path=PATH, exc_info=error)
    return errors.render(errors.INTERNAL)


def _whole(rendered: Rendered, request_id: bytes) -> Rendered:
    headers, body = rendered[1], rendered[2]
    headers += [(b"content-length", b"%d" % len(body)), (b"x-request-id", request_id)]
    return rendered


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
