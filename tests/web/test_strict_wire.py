"""What is almost HTTP, or not at all: bytes on a connection that a stranger chose."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest

from prepaid.web import strict_wire
from prepaid.web.strict_wire import HEAD_MAX
from tests.kit.shop import OPERATOR_KEY, opened
from tests.kit.wire import OPERATOR, PATH, WAIT_S, Line, Wire, held, on_a_port, request, turns

PIECES = 16  # in which a head comes that never ends
UNREAD = 100  # requests at once, so many times
UNREAD_BYTES_MAX = 256 * 1024


@pytest.fixture
async def wire(migrated_sqlite_url: str) -> AsyncIterator[Wire]:
    async with opened(migrated_sqlite_url) as shop, on_a_port(shop) as made:
        yield made


async def refused(line: Line) -> None:
    """The next answer is the envelope of every error, and the last."""
    status, headers, body = await line.answer()
    told = json.loads(body)

    assert (status, told["statusCode"], told["error"]["code"]) == (400, 400, "invalid_request")
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"].startswith("req_")
    assert headers["connection"] == "close"
    assert await line.is_closed()


CHUNKED = OPERATOR | {"transfer-encoding": "chunked"}
NO_HTTP = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "two lengths": request(b"{}", OPERATOR | {"Content-Length": "2"}),
    "a length and chunks": request(b"2\r\n{}\r\n0\r\n\r\n", CHUNKED),
    "chunks that are none": request(b"zz\r\n", CHUNKED, length=False),
    "another coding": request(b"0\r\n\r\n", OPERATOR | {"transfer-encoding": "x"}, length=False),
    "a folded header": request(b"{}", OPERATOR | {"x": "a\r\n b"}),
    "a length with a sign": request(b"{}", OPERATOR | {"content-length": "+2"}, length=False),
    "a space before a colon": request(b"{}", OPERATOR | {"x ": "a"}),
    "line feeds alone": request(b"{}").replace(b"\r\n", b"\n"),
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n",
    "the head of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an endless address": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("what", NO_HTTP)
async def test_what_is_no_http_is_refused_like_anything_else(wire: Wire, what: str) -> None:
    """Where a request ends must never be a matter of opinion, with a proxy before us least."""
    line = await wire.line()
    line.writer.write(NO_HTTP[what])

    await refused(line)
    assert await wire.charges() == 0


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nx: ", b"GET / HTTP/1.1\r\n"])
async def test_a_head_ends_or_is_refused(wire: Wire, start: bytes) -> None:
    """Else anybody could fill the memory, without a key: a long path, a long header, or many."""
    line = await wire.line()
    piece = b"x: y\r\n" if start.endswith(b"\n") else b"x" * 6
    line.writer.write(start)
    await turns()
    (served,) = wire.server.server_state.connections
    for _ in range(2 * PIECES):
        if served.transport.is_closing():
            break
        line.writer.write(piece * (HEAD_MAX // PIECES // len(piece)))
        await line.writer.drain()
        await turns()

    await refused(line)


@pytest.mark.parametrize("start", [b"P", b"POST / HTTP/1.1\r\nhost: x\r\n"])
async def test_a_head_is_not_waited_for_for_ever(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    """Else a handful of clients that say little could take every connection there is."""
    monkeypatch.setattr(strict_wire, "HEAD_S", 0.01)
    silent, line = await wire.line(), await wire.line()
    line.writer.write(start)

    await refused(line)
    assert await silent.is_closed()


async def test_who_has_asked_may_rest_and_take_its_time_with_a_body(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between requests the server's own limit holds, and uploads may be slow."""
    monkeypatch.setattr(strict_wire, "HEAD_S", 0.01)
    line = await wire.line()
    for path in (PATH, PATH + "?"):
        asked = request(wire.body(), start=f"POST {path} HTTP/1.1")
        line.writer.write(asked[:-5])
        await seen(wire, 5)
        line.writer.write(asked[-5:])
        status, headers, _ = await line.answer()
        await seen(wire, 5)

        assert (status, headers.get("connection")) == (201, None)


async def seen(wire: Wire, times: int) -> None:
    """The server has looked so often at its only connection."""
    (served,) = wire.server.server_state.connections
    assert isinstance(served, strict_wire.StrictProtocol)
    for _ in range(times):
        before = served._watch
        async with asyncio.timeout(WAIT_S):
            while served._watch is before:
                await turns()


async def test_a_large_head_is_read(wire: Wire) -> None:
    headers = OPERATOR | {f"x-{n}": "v" * 90 for n in range(HEAD_MAX // 128)}
    line = await wire.line()
    for asked in (request(wire.body(), headers), request(b"", headers, "GET /healthz HTTP/1.1")):
        for place in range(0, len(asked), 1_000):
            line.writer.write(asked[place : place + 1_000])
            await line.writer.drain()
            await turns()
        status, _, _ = await line.answer()

        assert status in (200, 201)


OFFERS = {
    "as some clients do": "Upgrade, HTTP2-Settings",
    "beside others": "keep-alive, Upgrade,HTTP2-Settings",
}


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("path", [PATH, PATH + "?"])
async def test_an_offer_to_speak_another_protocol_loses_no_body(
    wire: Wire, offer: str, path: str
) -> None:
    """Java and `curl --http2` offer HTTP/2 with their first request: this one is answered."""
    offered = {"connection": OFFERS[offer], "upgrade": "h2c", "http2-settings": "AAMAAABkAAQ"}
    line = await wire.line()
    for headers in (OPERATOR | offered, OPERATOR, OPERATOR | offered):
        asked = request(wire.body(quantity=3), headers, f"POST {path} HTTP/1.1")
        head, body = asked.split(b"\r\n\r\n")
        for piece in (head[:40], head[40:] + b"\r\n\r\n" + body[:5], body[5:]):
            line.writer.write(piece)
            await line.writer.drain()
            await turns()
        status, told, answered = await line.answer()

        assert (status, json.loads(answered)["quantity"]) == (201, 3)
        assert "connection" not in told
    assert await wire.charges() == 3


async def test_a_settle_with_an_offer_is_settled_at_what_was_asked(wire: Wire) -> None:
    """Without its body it would be settled in full."""
    line = await wire.line()
    _, _, made = await line.ask(request(wire.body(settle=False)))
    offered = OPERATOR | {"connection": "Upgrade", "upgrade": "h2c"}
    start = f"POST {PATH}/{json.loads(made)['id']}/settle HTTP/1.1"
    status, _, body = await line.ask(request(b'{"credits": 0.5}', offered, start))

    assert (status, json.loads(body)["cents"]) == (200, 50)


async def test_a_web_socket_is_answered_as_what_it_asks_for(wire: Wire) -> None:
    """There are none here: an offer that nobody takes up is passed over."""
    offered = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "AA=="}
    line = await wire.line()
    status, _, _ = await line.ask(request(b"", offered, "GET /healthz HTTP/1.1"))

    assert status == 200


async def test_a_trailer_is_no_header(wire: Wire) -> None:
    """What comes after the body was not seen by a proxy that looked at the headers."""
    chunks = b"%x\r\n%b\r\n0\r\n" % (len(wire.body()), wire.body())
    key = f"x-operator-key: {OPERATOR_KEY}\r\nidempotency-key: k\r\n\r\n".encode()
    headers = {"content-type": "application/json", "transfer-encoding": "chunked"}
    line = await wire.line()
    for start, status in ((f"POST {PATH}", 401), ("GET /v2/operator/accounts", 401)):
        asked = request(chunks + key, headers, f"{start} HTTP/1.1", length=False)
        told, _, _ = await line.ask(asked)

        assert told == status
    told, _, _ = await line.ask(request(chunks + key, OPERATOR | headers, length=False))
    assert told == 201


async def test_many_requests_at_once_are_no_large_head(wire: Wire) -> None:
    """However they come in pieces: a head may begin at the end of one."""
    line = await wire.line()
    asked = request(b"", {"x": "y" * 900}, "GET /healthz HTTP/1.1")
    at_once = 3 * HEAD_MAX // len(asked)
    line.writer.write(asked * at_once + asked[:500])
    await turns()
    line.writer.write(asked[500:])
    for _ in range(at_once + 1):
        status, headers, _ = await line.answer()

        assert (status, headers.get("connection")) == (200, None)


async def test_what_follows_a_charge_does_not_take_its_answer(wire: Wire) -> None:
    """A body longer than it says: the rest is no request, but the charge is done, and told."""
    for path in (PATH, PATH + "?"):
        line = await wire.line()
        with held(wire.shop):
            line.writer.write(request(wire.body(), start=f"POST {path} HTTP/1.1") + b"}\r\n\r\n")
            await turns()
        status, headers, _ = await line.answer()

        assert (status, headers["connection"]) == (201, "close")
        assert await line.is_closed()
    assert await wire.charges() == 2


async def test_who_reads_no_answers_is_asked_for_no_more_requests(wire: Wire) -> None:
    """Else a stranger could fill the memory with answers that are larger than what they ask."""
    line = await wire.line()
    await line.ask(request(b"{}"))
    (served,) = wire.server.server_state.connections
    place = served.transport.get_extra_info("socket")
    place.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)  # what the system keeps for us
    line.reader._transport.pause_reading()  # type: ignore[attr-defined] # no public way
    most = 0
    for _ in range(UNREAD):
        line.writer.write(request(b"", {}) * UNREAD)
        await turns()
        most = max(most, served.transport.get_write_buffer_size())

    assert most < UNREAD_BYTES_MAX
    line.reader._transport.resume_reading()  # type: ignore[attr-defined]
    for _ in range(UNREAD * UNREAD):
        status, _, _ = await line.answer()
        assert status == 401
