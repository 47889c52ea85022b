"""The door of proxied requests, as raw ASGI: whose request it is, what it says, what is answered.

Paths stay as they came, percent-encoded: what is priced is what the upstream sees.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog
from starlette.types import Receive, Scope, Send

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import SECOND
from prepaid.domain.refusals import Detail, Refusal, invalid
from prepaid.domain.routing import json_trees, reading, routes
from prepaid.domain.routing.routes import Match
from prepaid.flows import accounts
from prepaid.flows.proxying import buffered as proxying
from prepaid.flows.proxying import company_requests, stored_answers, streaming
from prepaid.flows.proxying.errands import DEFAULT, Asking, Errand, Reply
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.proxying.plain_errands import PlainErrand
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.web import auth, errors, parsing
from prepaid.web.flowing import Upload, pump

log = structlog.get_logger("prepaid.web")

RawHeaders = list[tuple[bytes, bytes]]
Matches = tuple[Match, ...]
REQUEST_ID = b"proxied-request-id"
REPLAYED = (b"idempotent-replayed", b"true")
UNCACHED = (b"cache-control", b"no-store")


class Caller(NamedTuple):
    """Whose request it is, by the key it was asked with."""

    account: AccountId
    key_number: int


class PathTaken(Exception):
    """The path of a proxied route, which is named, belongs to the service itself."""


class ProxyDoor:
    """Answers the requests that have a route, and those at its paths by other methods."""

    def __init__(self, proxy: Proxy, workspace_header: str, ours: Iterable[str]) -> None:
        self._proxy = proxy
        self._workspace_header = workspace_header
        self._ours = {_head(path) for path in ours}
        for route in proxy.routes.routes:
            if _head(route.path) in self._ours:
                raise PathTaken(route.name)

    def at(self, scope: Scope) -> Matches:
        """The proxied routes at the request's path, whatever their methods."""
        path = _path(scope)
        return () if _head(path) in self._ours else self._proxy.routes.at(path)

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, request_id: bytes, matches: Matches
    ) -> int:
        """Answer one request; its status."""
        told = (b"x-request-id", request_id)
        try:
            match = _match(scope, matches)
            if match.route.streams:
                return await self._stream(match, scope, receive, send, told)
            reply = await self._answer(match, scope, receive)
        except (Refusal, Overloaded, Unavailable) as error:
            status, headers, body = errors.render(errors.envelope(self._told(error)))
            if isinstance(error, Refusal) and error.code == "method_not_allowed":
                headers.append((b"allow", _methods(matches).encode()))
        except Exception:
            log.exception("request failed", path=scope["path"])
            status, headers, body = errors.render(errors.INTERNAL)
        else:
            status, headers, body = reply.status, _headers(reply), reply.body
        headers = [*_uncached(headers), (b"content-length", b"%d" % len(body)), told]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return status

    def _told(self, error: Exception) -> Exception:
        """The workspace is named by a header here, so that is the field that is wrong."""
        if isinstance(error, Refusal) and error.code == "workspace_not_found":
            detail = Detail(self._workspace_header, "names no workspace of this account")
            return Refusal(error.code, error.message, (detail,))
        return error

    async def _answer(self, match: Match, scope: Scope, receive: Receive) -> Reply:
        proxy, route = self._proxy, match.route
        headers = _pairs(scope)
        caller = await self._caller(match, headers)
        body = await Upload(receive, route.body_max).whole(route.timeout / SECOND)
        asking = self._asking(match, scope, headers, caller, body)
        stored = routes.stored_id(route, asking.asked)
        if stored is not None or route.is_free:
            await stored_answers.check_workspace(proxy.desk, caller.account, asking.workspace)
        if stored is not None:
            return await stored_answers.stored(proxy, caller.account, stored)
        if route.shape == "pricing":
            country = asking.asked.query.get("countryCode")
            return await stored_answers.pricing(proxy, caller.account, country)
        if route.upstream is None:
            raise invalid(route.stored.name if route.stored else "path", "names no request")
        if route.is_free:
            return await proxying.free(proxy, asking)
        if route.shape == "plain":
            return await proxying.answer(proxy, asking, lambda: _plain(proxy, asking))
        return await company_requests.answer(proxy, asking)

    async def _stream(
        self,
        match: Match,
        scope: Scope,
        receive: Receive,
        send: Send,
        told: tuple[bytes, bytes],
    ) -> int:
        headers = _pairs(scope)
        caller = await self._caller(match, headers)
        asking = self._asking(match, scope, headers, caller, b"")
        has_body = any(name in {"content-length", "transfer-encoding"} for name, _ in headers)
        upload = Upload(receive, match.route.body_max, has_body=has_body)
        if match.route.is_free:
            await stored_answers.check_workspace(self._proxy.desk, caller.account, asking.workspace)
        streamed = await streaming.stream(self._proxy, asking, upload)
        try:
            start = [*_uncached(_encoded(streamed.headers)), told]
            status = streamed.status
            await send({"type": "http.response.start", "status": status, "headers": start})
            await pump(streamed.chunks(), upload, send)
        finally:
            await streamed.close()
        return status

    async def _caller(self, match: Match, headers: Sequence[tuple[str, str]]) -> Caller:
        """Who asks. What costs credit is asked again under the account's lock."""
        sent = next((value for name, value in headers if name == auth.API_HEADER), None)
        if sent is None:
            message = f"send an API key in the header {auth.API_HEADER}"
            raise Refusal("unauthorized", message)
        if not match.route.is_free:
            place = await self._proxy.ring.place(sent)
            if match.route.stored is None:
                return Caller(place.account, place.number)
        row = await accounts.who(self._proxy.desk, sent)
        if match.route.method != "GET" and row.scope != "full":
            raise Refusal("forbidden", "this key only reads; use one with the scope full")
        return Caller(row.account_id, row.number)

    def _asking(
        self,
        match: Match,
        scope: Scope,
        headers: Sequence[tuple[str, str]],
        caller: Caller,
        body: bytes,
    ) -> Asking:
        query = scope["query_string"].decode("latin-1")
        document = None
        if body and match.route.reads_body:
            reading.check_names_once(body)
            document = json_trees.document(body)
        tree = None if document is None else document.tree
        pairs = parse_qsl(query, keep_blank_values=True) if query else []
        named = [value for name, value in headers if name == self._workspace_header]
        if len(named) > 1:
            raise invalid(self._workspace_header, "must be sent once")
        key = next((value for name, value in headers if name == "idempotency-key"), None)
        return Asking(
            match=match,
            path=_path(scope),
            query=query,
            headers=tuple(headers),
            body=body,
            asked=reading.asked_of(match, pairs, headers, tree),
            account=caller.account,
            api_key=caller.key_number,
            workspace=named[0] if named else DEFAULT,
            key=parsing.idempotency_key(key),
        )


def _match(scope: Scope, matches: Matches) -> Match:
    parsing.check_sent_once(scope["headers"])
    for match in matches:
        if match.route.method == scope["method"]:
            return match
    message = f"this path takes {_methods(matches)}, not {scope['method']}"
    raise Refusal("method_not_allowed", message)


def _methods(matches: Matches) -> str:
    return ", ".join(dict.fromkeys(match.route.method for match in matches))


async def _plain(proxy: Proxy, asking: Asking) -> Errand:
    return PlainErrand(asking, proxy.ways)


def _path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _head(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[1:3])


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def _encoded(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _uncached(headers: RawHeaders) -> RawHeaders:
    """Not for caches, unless the upstream has said what they may do."""
    if any(name == UNCACHED[0] for name, _ in headers):
        return headers
    return [*headers, UNCACHED]


def _headers(reply: Reply) -> RawHeaders:
    headers = _encoded(reply.headers)
    if reply.request is not None:
        headers.append((REQUEST_ID, reply.request.encode()))
    return [*headers, REPLAYED] if reply.replayed else headers
