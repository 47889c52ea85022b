"""The webhook sender against receivers that mean harm. Time limits are short, nothing sleeps."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.attempts import KEPT_BYTES_MAX
from prepaid.adapters.webhooks import WebhookSender
from tests.adapters.receivers import HERE, never, read_request, receiver, saying, talker, trap

BODY = b"{}"
HEADERS = {"Content-Type": "application/json"}
LOCAL = AddressRule([f"{HERE}/32"])
SHORT_S = 0.1


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with WebhookSender(LOCAL, allow_http=True) as sender:
        yield sender


@pytest.fixture
async def hasty() -> AsyncIterator[WebhookSender]:
    """A sender that waits a tenth of a second for everything."""
    async with WebhookSender(LOCAL, allow_http=True, total_s=SHORT_S) as sender:
        yield sender


async def test_slow_headers_end_in_time(hasty: WebhookSender) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        await never()

    async with talker(talk) as seen:
        attempt = await hasty.post(seen.url(), BODY, HEADERS)

    assert (attempt.failure, attempt.status, attempt.address) == ("timeout", None, HERE)
    assert attempt.duration_ms >= SHORT_S * 1000


@pytest.mark.parametrize(("status", "failure"), [(200, None), (500, "server_error")])
async def test_a_slow_body_ends_in_time_and_the_status_stands(
    hasty: WebhookSender, status: int, failure: str | None
) -> None:
    """The receiver has it; sending again would only be a second copy."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d Word\r\nContent-Length: 99\r\n\r\nslow" % status)
        await never()

    async with talker(talk) as seen:
        attempt = await hasty.post(seen.url(), BODY, HEADERS)

    assert (attempt.failure, attempt.status, attempt.excerpt) == (failure, status, "slow")


async def test_an_endless_body_is_read_to_64_kib_and_kept_to_4(sender: WebhookSender) -> None:
    gone = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + "é".encode() * 0x800 + b"\r\n")
                await writer.drain()
        finally:
            gone.set()

    async with talker(talk) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)
        await gone.wait()

    assert (attempt.failure, attempt.excerpt) == (None, "é" * (KEPT_BYTES_MAX // 2))


async def test_a_gzip_bomb_is_not_unpacked(sender: WebhookSender) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000, mtime=0)

    async def explode(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with receiver(explode) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert attempt.failure is None
    assert attempt.excerpt.startswith("\x1f")
    assert len(attempt.excerpt.encode()) <= KEPT_BYTES_MAX


async def test_a_redirect_is_not_followed(sender: WebhookSender) -> None:
    with trap() as private:

        async def redirect(_: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(f"http://{HERE}:{private.port}/admin")

        async with receiver(redirect) as seen:
            attempt = await sender.post(seen.url(), BODY, HEADERS)

        assert (attempt.failure, attempt.status) == ("redirect", 307)
        assert private.is_untouched


async def test_a_reset_is_a_failure(sender: WebhookSender) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        lingering: socket.socket = writer.get_extra_info("socket")
        lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with talker(talk) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert (attempt.failure, attempt.status) == ("disconnected", None)
    assert len(seen.peers) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"\0\xff\xfe garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX" + b"-" * 100_000 + b": y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk",
        b"\r\n\r\n\r\n",
        b"",
    ],
    ids=range(12),
)
async def test_what_is_not_http_is_a_failure(sender: WebhookSender, answer: bytes) -> None:
    async with talker(saying(answer)) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert (attempt.failure in {"protocol", "disconnected"}, attempt.status) == (True, None)
    assert attempt.excerpt


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\0\xff\xfe\xfd",
        b"Content-Type: application/json; charset=nonsense\r\nContent-Length: 1\r\n\r\n{",
        b"Content-Length: 100\r\n\r\nshort",
        b"Set-Cookie: \xff;;;=\r\nLocation: ::::\r\nLink: <\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["gzip", "charset", "short", "headers"],
)
async def test_garbage_after_200_is_still_success(sender: WebhookSender, rest: bytes) -> None:
    async with talker(saying(b"HTTP/1.1 200 OK\r\n" + rest)) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert (attempt.failure, attempt.status) == (None, 200)
