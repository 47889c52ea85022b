"""Streams: passed on as they arrive, billed on the upstream's status, before the first byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
from aiohttp import web

from prepaid.domain.amounts import CREDIT
from prepaid.sandbox.serving import address, listening, served
from prepaid.web import app
from prepaid.web.metrics import Metrics
from tests.kit.door import code
from tests.kit.proxied import Buyer, ProxyShop
from tests.kit.shop import OPERATOR_KEY
from tests.kit.upstream import Upstream
from tests.store.recount import recount


@asynccontextmanager
async def on_a_port(there: ProxyShop) -> AsyncIterator[httpx.AsyncClient]:
    """The door behind a real server: only so can bodies flow both ways."""
    inside = app.build(
        there.shop.desk,
        operator_key=OPERATOR_KEY,
        public_url="http://shop.test",
        metrics=Metrics(list),
        lifespan=None,
        proxy=there.proxy,
    )
    place = listening()
    async with served(inside, place), httpx.AsyncClient(base_url=address(place)) as client:
        yield client


async def echo(request: web.Request) -> web.StreamResponse:
    """Send back what arrives, when it arrives."""
    response = web.StreamResponse(headers={"x-told": "yes"})
    await response.prepare(request)
    async for piece in request.content.iter_any():
        await response.write(piece)
    await response.write_eof()
    return response


async def statuses(ada: Buyer) -> list[str]:
    kept = await recount(ada.at.shop.desk.vault, ada.account)
    return [charge.status for charge in kept.charges.values()]


async def test_both_bodies_flow(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    far.behaviour = echo
    said: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def speak() -> AsyncIterator[bytes]:
        while (piece := await said.get()) is not None:
            yield piece

    async with on_a_port(there) as client:
        said.put_nowait(b"first")
        # httpx sends its whole body before it reads.
        async with (
            aiohttp.ClientSession(client.base_url.__str__(), headers={"x-api-key": ada.key}) as s,
            s.post("/stream", data=speak()) as answer,
        ):
            pieces = answer.content.iter_any()
            assert await anext(pieces) == b"first"
            assert await ada.micros() == 8 * CREDIT
            assert await statuses(ada) == ["settled"]
            said.put_nowait(b"second")
            assert await anext(pieces) == b"second"
            said.put_nowait(None)
            assert [piece async for piece in pieces] == []

    assert answer.headers["x-told"] == "yes"
    assert "x-api-key" not in far.asked[0].headers


@pytest.mark.parametrize("status", [500, 404])
async def test_a_failing_status_is_released_and_passed_on(
    there: ProxyShop, far: Upstream, status: int
) -> None:
    async def fails(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=b"no")

    ada = await there.customer(10)
    far.behaviour = fails
    async with on_a_port(there) as client:
        answer = await client.post("/stream", headers={"x-api-key": ada.key}, content=b"x" * 9999)

    assert (answer.status_code, answer.content) == (status, b"no")
    assert await statuses(ada) == ["released"]
    assert await ada.micros() == 10 * CREDIT


async def test_a_stream_that_breaks_off_reaches_the_caller_as_broken(
    there: ProxyShop, far: Upstream
) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begin")
        assert request.transport is not None
        request.transport.close()
        return response

    ada = await there.customer(10)
    far.behaviour = breaks
    async with on_a_port(there) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/stream", headers={"x-api-key": ada.key}, content=b"")

    assert await statuses(ada) == ["settled"]


async def test_a_caller_who_leaves_ends_the_upstreams_work(there: ProxyShop, far: Upstream) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1000)
                await asyncio.sleep(0.005)
        finally:
            ended.set()

    ada = await there.customer(10)
    far.behaviour = endless
    async with on_a_port(there) as client:
        asked = client.stream("POST", "/stream", headers={"x-api-key": ada.key}, content=b"a")
        async with asked as answer:
            await anext(answer.aiter_raw())
        await asyncio.wait_for(ended.wait(), 10)

    assert await statuses(ada) == ["settled"]
    assert await ada.micros() == 8 * CREDIT


async def test_a_late_status_is_a_504(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    async with on_a_port(there) as client:
        late = await client.post("/hasty-stream", headers={"x-api-key": ada.key}, content=b"a")
        keyed = await client.post(
            "/hasty-stream", headers={"x-api-key": ada.key, "idempotency-key": "k"}, content=b"a"
        )

    assert (late.status_code, code(late)) == (504, "upstream_timeout")
    assert (keyed.status_code, code(keyed)) == (400, "invalid_request")
    assert await statuses(ada) == ["released"]


async def test_too_large_a_body_is_a_413(there: ProxyShop, far: Upstream) -> None:
    async def reads(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response()

    ada = await there.customer(10)
    far.behaviour = reads

    async def large() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    async with on_a_port(there) as client:
        answer = await client.post("/stream", headers={"x-api-key": ada.key}, content=large())
        buffered = await client.post(
            "/v1/repeated", headers={"x-api-key": ada.key}, content=b"x" * 2_000_000
        )

    assert (answer.status_code, code(answer)) == (413, "payload_too_large")
    assert buffered.status_code == 413
    assert await ada.micros() == 10 * CREDIT
