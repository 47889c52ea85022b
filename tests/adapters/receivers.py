"""Servers that receive webhooks: well-behaved ones on aiohttp, others byte by byte."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

HERE = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Received:
    """What one receiver saw."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    peers: list[tuple[str, int]] = field(default_factory=list)  # of each connection's client

    def url(self, path: str = "/hooks", *, host: str = HERE, scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


async def accept(_: web.Request) -> web.StreamResponse:
    return web.Response(text="thanks")


@asynccontextmanager
async def receiver(
    handler: Handler = accept, tls: SSLContext | None = None
) -> AsyncIterator[Received]:
    """An aiohttp server on a free port that keeps what it is sent."""
    seen = Received()

    async def keep(request: web.Request) -> web.StreamResponse:
        seen.bodies.append(await request.read())
        seen.headers.append(dict(request.headers))
        assert request.transport is not None
        seen.peers.append(request.transport.get_extra_info("peername"))
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", keep)
    runner = web.AppRunner(app, shutdown_timeout=0, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HERE, 0, ssl_context=tls)
        await site.start()
        seen.port = runner.addresses[0][1]
        yield seen
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talker(talk: Talk) -> AsyncIterator[Received]:
    """A server that says what `talk` says. When the block ends, it is cut short."""
    seen = Received()
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.peers.append(writer.get_extra_info("peername"))
        try:
            await talk(reader, writer)
        except OSError:
            pass  # the client is gone
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(run(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(start, HERE, 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        pending = list(tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request with a Content-Length, and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def saying(answer: bytes) -> Talk:
    """Read a request, say this, and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()

    return talk


async def never() -> None:
    """Wait until the test is over."""
    await asyncio.Event().wait()


class Trap:
    """A listening socket that must see no connection."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    @property
    def is_untouched(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return True
        return False


@contextmanager
def trap(host: str = HERE) -> Iterator[Trap]:
    """The kernel completes a connection by itself, so a trap misses none."""
    with socket.create_server((host, 0)) as listener:
        listener.setblocking(False)
        yield Trap(listener)


class ScriptedResolver(AbstractResolver):
    """Answers each look-up with the next list of addresses; the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if not answer:
            raise OSError(None, f"no address for {host}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing is open."""
