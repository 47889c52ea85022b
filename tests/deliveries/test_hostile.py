"""Receivers that mean harm, met by the whole queue: what is kept of them, and whom they hurt."""

import asyncio
import gzip
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from aiohttp import web

from prepaid.adapters.webhooks import WebhookSender
from tests.adapters.conftest import Authority, authority  # noqa: F401 - a fixture
from tests.adapters.receivers import (
    Talk,
    Trap,
    never,
    read_request,
    receiver,
    saying,
    talker,
    trap,
)
from tests.deliveries.office import LOOPBACK, Office, opened_office

BOMB = gzip.compress(b"\0" * 50_000_000, mtime=0)
MEMORY_MAX = 24 << 20  # beside all that is open anyway; the bomb unpacks to twice as much
SHORT_S = 0.5


class Harm(NamedTuple):
    """A hostile endpoint, and what must be kept of it."""

    url: str
    failure: str | None
    status: int | None


async def slow_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await never()


async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 503 Slow\r\nContent-Length: 99\r\n\r\nslow")
    await never()


async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    lingering: socket.socket = writer.get_extra_info("socket")
    lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def explode(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500, body=BOMB, headers={"Content-Encoding": "gzip"})


TALKS: list[tuple[Talk, str | None, int | None]] = [
    (slow_headers, "timeout", None),
    (slow_body, "server_error", 503),
    (endless_body, "server_error", 500),
    (reset, "disconnected", None),
    (saying(b"\0\xff\xfe garbage\r\n\r\n"), "protocol", None),
    (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\0\xff\xfe"), None, 200),
    (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"), "protocol", None),
]


@asynccontextmanager
async def hostile(tls: Authority, private: Trap) -> AsyncIterator[list[Harm]]:
    """Every kind of them, on ports of this machine."""

    async def redirect(_: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(f"http://127.0.0.2:{private.port}/admin")

    async with AsyncExitStack() as stack:
        harms = [
            Harm((await stack.enter_async_context(talker(talk))).url(), failure, status)
            for talk, failure, status in TALKS
        ]
        bomb = await stack.enter_async_context(receiver(explode))
        harms.append(Harm(bomb.url(), "server_error", 500))
        elsewhere = await stack.enter_async_context(receiver(redirect))
        harms.append(Harm(elsewhere.url(), "redirect", 307))
        stranger = await stack.enter_async_context(receiver(tls=tls.server("other.example")))
        harms.append(Harm(stranger.url(scheme="https"), "tls", None))
        harms.append(Harm(f"http://127.0.0.2:{private.port}/", "blocked", None))
        yield harms


async def waiting(office: Office) -> dict[int, tuple[object, ...]]:
    """Status, attempts and claim of the delivery of each endpoint."""
    query = "SELECT endpoint, status, made, claim FROM delivery"
    return {int(str(row[0])): row[1:] for row in await office.rows(query)}


async def test_harm_is_recorded_for_what_it_is_and_the_good_get_theirs(
    database_url: str,
    authority: Authority,  # noqa: F811 - the fixture
) -> None:
    """Each attempt says what happened; what failed waits for its next, unclaimed."""
    with trap("127.0.0.2") as private:
        async with hostile(authority, private) as harms, receiver() as good:
            sender = WebhookSender(LOOPBACK, allow_http=True, total_s=SHORT_S)
            async with sender, opened_office(database_url, sender) as office:
                ada = await office.account()
                for harm in harms:
                    await office.endpoint(ada, harm.url)
                last = await office.endpoint(ada, good.url())
                await office.emit(ada, b'{"n":1}')
                await office.work()
                rows = [await office.attempts(ada, n) for n in range(1, len(harms) + 2)]
                left = await waiting(office)
        is_untouched = private.is_untouched

    kept = [[(row.failure, row.status) for row in some] for some in rows]
    assert kept == [[(harm.failure, harm.status)] for harm in harms] + [[(None, 200)]]
    assert all(len(row.excerpt.encode()) <= 4096 for some in rows for row in some)
    states = [left[n] for n in range(1, len(harms) + 1)]
    assert states == [
        ("sent", 1, None) if harm.failure is None else ("waiting", 1, None) for harm in harms
    ]
    assert left[last] == ("sent", 1, None)
    assert good.bodies == [b'{"n":1}']
    assert is_untouched


async def test_harm_takes_no_memory(migrated_sqlite_url: str) -> None:
    """Four bombs and four endless bodies at once; the receivers are in this process too."""
    async with talker(endless_body) as endless, receiver(explode) as bomb:
        sender = WebhookSender(LOOPBACK, allow_http=True, total_s=5)
        async with sender, opened_office(migrated_sqlite_url, sender) as office:
            ada = await office.account()
            for url in (endless.url(), bomb.url()):
                await office.endpoint(ada, url)
            for _ in range(4):
                await office.emit(ada)
            tracemalloc.start()
            try:
                await office.work()
                _, most = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            rows = [await office.attempts(ada, number) for number in (1, 2)]

    assert [[row.status for row in some] for some in rows] == [[500] * 4] * 2
    assert most < MEMORY_MAX


async def test_twenty_that_never_answer_hold_up_nobody(database_url: str) -> None:
    """While each of them holds what an endpoint can hold, all the others' have arrived."""

    async def silent(*_: object) -> None:
        await never()

    async with talker(silent) as dead, receiver() as good:
        sender = WebhookSender(LOOPBACK, allow_http=True, total_s=60)
        async with sender, opened_office(database_url, sender, real=True) as office:
            ada, bob = await office.account(), await office.account()
            for _ in range(20):
                await office.endpoint(ada, dead.url())
            await office.endpoint(bob, good.url())
            for _ in range(5):
                await office.emit(ada)
            await office.deliverer.turn()
            for _ in range(100):
                await office.emit(bob)
            async with asyncio.timeout(30):
                while len(good.bodies) < 100:
                    await office.deliverer.turn()
                    await asyncio.sleep(0.005)
            held = office.deliverer.in_flight
            for task in office.deliverer._tasks:
                task.cancel()

    assert held >= 80
    assert len(dead.peers) >= 80
