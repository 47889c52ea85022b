"""Turns a `Route` into a Starlette endpoint: who, body, query, handler, answer."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from prepaid.domain.refusals import Refusal
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.store.hot import Unavailable
from prepaid.store.writer import Overloaded
from prepaid.web import auth, errors, parsing
from prepaid.web.routing import Answer, Call, Route, encode

log = structlog.get_logger("prepaid.web")

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(route: Route, desk: Desk, ring: KeyRing, operator_key: bytes) -> Endpoint:
    """The route as Starlette calls it."""

    async def call(request: Request) -> Response:
        try:
            account = 0
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
                    key=parsing.idempotency_key(request.headers.get("idempotency-key")),
                    request=request,
                )
            )
        except (Refusal, Overloaded, Unavailable) as error:
            return problem(errors.envelope(error))
        return _response(answer)

    return call


def problem(value: errors.Envelope) -> Response:
    """An error as a response."""
    status, headers, body = errors.render(value)
    text = {name.decode(): text.decode() for name, text in headers}
    return Response(body, status, text)


async def unknown_path(_request: Request, error: Exception) -> Response:
    """No such path, or no such method on it."""
    assert isinstance(error, HTTPException), "registered for these statuses only"
    if error.status_code == 405:  # noqa: PLR2004 - the other status this is registered for
        refusal = Refusal("method_not_allowed", "this path does not take this method")
    else:
        refusal = Refusal("not_found", "there is no such path")
    response = problem(errors.envelope(refusal))
    response.headers.update(error.headers or {})
    return response


async def our_fault(request: Request, error: Exception) -> Response:
    """Something we did not expect: logged with its traceback, told without."""
    log.error("request failed", path=request.url.path, exc_info=error)
    return problem(errors.INTERNAL)


def _response(answer: Answer) -> Response:
    body = answer.value if isinstance(answer.value, bytes) else encode(answer.value)
    return Response(body, answer.status, dict(answer.headers), media_type="application/json")


def _query(request: Request, route: Route) -> object:
    if route.query is None:
        return None
    return parsing.query(request.query_params, route.query)


async def _body(request: Request, route: Route) -> object:
    if route.body is None:
        return None
    data = await _read(request)
    if data or _has_required(route.body):
        parsing.check_media_type(request.headers.get("content-type"))
    return parsing.decode(data or b"{}", route.body)


def _has_required(kind: type) -> bool:
    return any(field.required for field in msgspec.structs.fields(kind))


async def _read(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > parsing.BODY_MAX:
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
