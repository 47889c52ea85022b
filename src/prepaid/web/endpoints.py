"""Turns a `Route` into a Starlette endpoint: who, body, query, handler, answer."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match

from prepaid.domain.refusals import Refusal
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.web import auth, errors, parsing
from prepaid.web.routing import Answer, Call, Route, encode

log = structlog.get_logger("prepaid.web")

_LENGTH = re.compile(r"[0-9]{1,15}")

#: A cache before us does not know that a key makes it another answer.
UNCACHED = ("cache-control", "no-store")

Endpoint = Callable[[Request], Awaitable[Response]]
Wrong = Callable[[Request, Exception], Awaitable[Response]]


def endpoint(route: Route, desk: Desk, ring: KeyRing, operator_key: bytes) -> Endpoint:
    """The route as Starlette calls it."""

    async def call(request: Request) -> Response:
        response = await answered(request)
        if route.who != "anyone":
            response.headers.setdefault(*UNCACHED)
        return response

    async def answered(request: Request) -> Response:
        try:
            account = 0
            parsing.check_sent_once(request.headers.raw)
            if route.who == "operator":
                sent = request.headers.get(auth.OPERATOR_HEADER)
                auth.check_operator((sent or "").encode("latin-1"), operator_key)
            elif route.who == "account":
                account = await auth.account_of(request, route, desk)
            answer = await route.handler(
                Call(
                    desk=desk,
                    ring=ring,
                    account=account,
                    path=request.path_params,
                    query=_query(request, route),
                    body=await _body(request, route),
                    key=_key(request, route),
                    request=request,
                )
            )
        except (Refusal, Overloaded, Unavailable) as error:
            return problem(errors.envelope(error))
        return response_of(answer)

    return call


def problem(value: errors.Envelope) -> Response:
    """An error as a response."""
    status, headers, body = errors.render(value)
    text = {name.decode(): text.decode() for name, text in headers}
    return Response(body, status, text)


async def unknown_path(_request: Request, _error: Exception) -> Response:
    """No such path."""
    return problem(errors.envelope(Refusal("not_found", "there is no such path")))


def wrongs(page: Endpoint) -> Mapping[Any, Wrong]:
    """Who answers what no route did; a browser gets `page` where there is no such path."""

    async def unknown(request: Request, error: Exception) -> Response:
        is_browser = "text/html" in request.headers.get("accept", "")
        return await (page(request) if is_browser else unknown_path(request, error))

    return {404: unknown, 405: unknown_method, Exception: our_fault}


async def unknown_method(request: Request, _error: Exception) -> Response:
    """No such method on this path: says which there are, on every route of it."""
    here = [route for route in request.app.routes if route.matches(request.scope)[0] != Match.NONE]
    methods = ", ".join(sorted({method for route in here for method in route.methods}))
    refusal = Refusal("method_not_allowed", f"this path takes {methods}, not {request.method}")
    response = problem(errors.envelope(refusal))
    response.headers["allow"] = methods
    return response


async def our_fault(request: Request, error: Exception) -> Response:
    """Something we did not expect: logged with its traceback, told without."""
    log.error("request failed", path=request.url.path, exc_info=error)
    return problem(errors.INTERNAL)


def response_of(answer: Answer) -> Response:
    """What Starlette sends for an answer."""
    value, headers = answer.value, dict(answer.headers)
    if isinstance(value, AsyncIterator):
        return StreamingResponse(value, answer.status, headers, media_type=answer.media_type)
    body = value if isinstance(value, bytes) else encode(value)
    return Response(body, answer.status, headers, media_type=answer.media_type)


def _query(request: Request, route: Route) -> object:
    if route.query is None:
        return None
    return parsing.query(request.query_params.multi_items(), route.query)


def _key(request: Request, route: Route) -> str | None:
    if not route.is_idempotent:
        return None
    return parsing.idempotency_key(request.headers.get("idempotency-key"))


async def _body(request: Request, route: Route) -> object:
    if route.body is None:
        return None
    data = await read_body(request)
    if not data and not has_required(route.body):
        data = b"{}"
    else:
        parsing.check_media_type(request.headers.get("content-type"))
    return parsing.decode(data, route.body)


def has_required(kind: type) -> bool:
    """Whether a body of this kind cannot be left out."""
    return any(field.required for field in msgspec.structs.fields(kind))


async def read_body(request: Request) -> bytes:
    """A body of at most 1 MiB, as it was sent.

    Raises:
        Refusal: `413 payload_too_large`, or 400 when it ended early.
    """
    length = request.headers.get("content-length", "0")
    if not _LENGTH.fullmatch(length) or int(length) > parsing.BODY_MAX:
        raise too_large()
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > parsing.BODY_MAX:
                raise too_large()
    except ClientDisconnect as error:
        raise Refusal("invalid_request", "the body ended early") from error
    return bytes(data)


def too_large() -> Refusal:
    """`413 payload_too_large`."""
    return Refusal("payload_too_large", "a body has at most 1 MiB (1 048 576 bytes)")
