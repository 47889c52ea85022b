"""The short way of the hot route: bytes on a connection, whatever pieces they come in."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from prepaid.domain.amounts import CREDIT
from prepaid.web.app import FrontDoor
from prepaid.web.hot_wire import BODY_MAX
from tests.kit.shop import opened
from tests.kit.wire import OPERATOR, PATH, WAIT_S, Wire, held, on_a_port, request, turns


@pytest.fixture
async def wire(migrated_sqlite_url: str) -> AsyncIterator[Wire]:
    async with opened(migrated_sqlite_url) as shop, on_a_port(shop) as made:
        yield made


async def test_an_ordinary_charge_does_without_asgi(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the short way is a long way round; every other request still goes through."""
    asked = []
    inside = FrontDoor.__call__

    async def noted(self: FrontDoor, scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await inside(self, scope, receive, send)

    monkeypatch.setattr(FrontDoor, "__call__", noted)
    line = await wire.line()
    status, headers, body = await line.ask(request(wire.body()))
    other, _, _ = await line.ask(request(b"", {}, "GET /healthz HTTP/1.1"))

    assert (status, other) == (201, 200)
    assert headers["x-request-id"].startswith("req_")
    assert json.loads(body)["cents"] == 200
    assert asked == ["/healthz"]


WRONG = {
    "no key": (b"{}", {"content-type": "application/json"}),
    "another key": (b"{}", OPERATOR | {"x-operator-key": "no"}),
    "no JSON": (b"{", OPERATOR),
    "no body": (b"", OPERATOR),
    "not UTF-8": (b'{"sku":"\xff"}', OPERATOR),
    "another type": (b"{}", OPERATOR | {"content-type": "text/plain"}),
    "a long key": (b"{}", OPERATOR | {"idempotency-key": "k" * 256}),
    "an unknown field": (b'{"sku":"a","x":1}', OPERATOR),
    "nobody": (b'{"sku":"report"}', OPERATOR),
    "an unknown account": (b'{"sku":"report","accountId":"acc_0000000000000001"}', OPERATOR),
    "an unknown API key": (b'{"sku":"report","apiKey":"sk_none"}', OPERATOR),
    "a SKU without price": (b'{"sku":"none","accountId":"%b"}', OPERATOR),
}


@pytest.mark.parametrize("what", WRONG)
async def test_both_ways_refuse_with_the_same_words(wire: Wire, what: str) -> None:
    """A client cannot tell which way its request has taken."""
    template, headers = WRONG[what]
    body = template.replace(b"%b", f"acc_{wire.ada:016x}".encode())
    line = await wire.line()
    status, told, short = await line.ask(request(body, headers))
    transport = httpx.ASGITransport(wire.front, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        other = await client.post(PATH, content=body, headers=headers)

    assert status == other.status_code >= 400
    assert short == other.content
    assert set(told) - {"date", "server"} == set(other.headers)
    again, _, _ = await line.ask(request(wire.body()))
    assert again == 201


async def test_a_request_may_come_byte_by_byte(wire: Wire) -> None:
    """Packets end where they like."""
    line = await wire.line()
    for place in request(wire.body()):
        line.writer.write(bytes([place]))
        await line.writer.drain()
        await asyncio.sleep(0)
    status, _, _ = await line.answer()

    assert status == 201


async def test_requests_that_do_not_wait_are_answered_in_order(wire: Wire) -> None:
    """Pipelining: the second must not overtake the first, nor be lost behind it."""
    line = await wire.line()
    asked = [wire.body(quantity=1), b"refused at once", wire.body(quantity=3)]
    line.writer.write(b"".join(map(request, asked)))
    told = [await line.answer() for _ in asked]

    assert [status for status, _, _ in told] == [201, 400, 201]
    assert [json.loads(told[n][2])["quantity"] for n in (0, 2)] == [1, 3]
    assert await wire.charges() == 2


async def test_a_body_in_chunks_is_read_to_its_end(wire: Wire) -> None:
    body = wire.body()
    chunks = b"".join(b"%x\r\n%b\r\n" % (1, body[n : n + 1]) for n in range(len(body)))
    headers = OPERATOR | {"transfer-encoding": "chunked"}
    line = await wire.line()
    status, _, _ = await line.ask(request(chunks + b"0\r\n\r\n", headers, length=False))

    assert status == 201


async def test_who_asks_whether_to_go_on_is_told_so(wire: Wire) -> None:
    """`Expect: 100-continue`, as curl sends it."""
    whole = request(wire.body(), OPERATOR | {"expect": "100-continue"})
    head, body = whole.split(b"\r\n\r\n")
    line = await wire.line()
    line.writer.write(head + b"\r\n\r\n")
    async with asyncio.timeout(WAIT_S):
        assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    status, _, _ = await line.ask(body)

    assert status == 201


@pytest.mark.parametrize(
    ("start", "headers"),
    [(f"POST {PATH} HTTP/1.0", {}), (f"POST {PATH} HTTP/1.1", {"connection": "close"})],
)
async def test_a_last_request_ends_the_connection(
    wire: Wire, start: str, headers: dict[str, str]
) -> None:
    line = await wire.line()
    status, told, _ = await line.ask(request(wire.body(), OPERATOR | headers, start))

    assert status == 201
    assert told["connection"] == "close"
    assert await line.is_closed()


@pytest.mark.parametrize(("size", "status"), [(BODY_MAX + 1, 400), ((1 << 20) + 1, 413)])
async def test_a_long_body_takes_the_long_way(wire: Wire, size: int, status: int) -> None:
    """It is bounded there."""
    line = await wire.line()
    told, _, _ = await line.ask(request(b" " * size))

    assert told == status


async def test_a_key_that_was_never_met_is_looked_up(wire: Wire) -> None:
    """The first time by the database, then from memory: the same charge."""
    async with wire.shop.door() as client:
        place = f"/v2/operator/accounts/acc_{wire.ada:016x}/keys"
        key = (await client.post(place, json={}, headers=OPERATOR)).json()["key"]
    body = json.dumps({"apiKey": key, "sku": "report", "settle": True}).encode()
    line = await wire.line()
    told = [json.loads((await line.ask(request(body)))[2]) for _ in range(2)]

    assert [one["balanceCents"] for one in told] == [99_800, 99_600]


async def test_a_key_used_before_is_answered_byte_for_byte(wire: Wire) -> None:
    line = await wire.line()
    asked = request(wire.body(), OPERATOR | {"idempotency-key": "k"})
    first, again = await line.ask(asked), await line.ask(asked)

    assert first[2] == again[2]
    assert again[1]["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first[1]


async def test_a_client_that_hangs_up_disturbs_nobody(wire: Wire) -> None:
    """What it asked is done; it can find out by its key."""
    leaving, staying = await wire.line(), await wire.line()
    with held(wire.shop):
        leaving.writer.write(request(wire.body(), OPERATOR | {"idempotency-key": "k"}))
        staying.writer.write(request(wire.body()))
        await turns()
        leaving.writer.transport.abort()
        await turns()
    status, _, _ = await staying.answer()
    again = await staying.ask(request(wire.body(), OPERATOR | {"idempotency-key": "k"}))

    assert status == 201
    assert again[1]["idempotent-replayed"] == "true"
    assert await wire.charges() == 2


async def test_a_stop_waits_for_the_answer(wire: Wire) -> None:
    """What is in flight is answered, and the client is told to come back on a new connection."""
    line, idle = await wire.line(), await wire.line()
    await line.ask(request(wire.body()))
    with held(wire.shop):
        line.writer.write(request(wire.body()))
        await turns()
        wire.server.should_exit = True
        assert await idle.is_closed()
    status, headers, body = await line.answer()

    assert (status, headers["connection"]) == (201, "close")
    assert json.loads(body)["balanceCents"] == (1_000 * CREDIT - 4 * CREDIT) // 10_000
    assert await line.is_closed()
