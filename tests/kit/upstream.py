"""A stand-in upstream on a real port: answers as a test says, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def fine(_request: web.Request) -> web.StreamResponse:
    """The answer of an upstream on a good day."""
    return web.json_response({"data": "something", "request": {"id": 7}})


@dataclass
class Upstream:
    """What it does next, and what it was asked."""

    url: str = ""
    behaviour: Behaviour = fine
    asked: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        self.asked.append(request)
        self.came.set()
        if request.path != "/stream":
            self.bodies.append(await request.read())
        return await self.behaviour(request)

    async def wait_for_go(self, request: web.Request) -> web.StreamResponse:
        """Answer when the test says so."""
        await self.go_on.wait()
        return await fine(request)


@asynccontextmanager
async def upstream() -> AsyncIterator[Upstream]:
    """An upstream for the length of a test."""
    made = Upstream()
    inside = web.Application(client_max_size=1 << 26)
    inside.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(inside, shutdown_timeout=0.1, handler_cancellation=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.go_on.set()
        await runner.cleanup()
