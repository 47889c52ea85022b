"""Serves a stand-in on a loopback port beside the service, in its loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Beside(uvicorn.Server):
    """A server that leaves signals to the service it stands beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def listening() -> socket.socket:
    """A free loopback port."""
    return socket.create_server(("127.0.0.1", 0))


def address(place: socket.socket) -> str:
    """Its URL."""
    return f"http://127.0.0.1:{place.getsockname()[1]}"


@asynccontextmanager
async def served(inside: ASGIApp, place: socket.socket) -> AsyncIterator[None]:
    """The application on that port, for a while."""
    config = uvicorn.Config(
        inside, http="httptools", lifespan="off", log_config=None, access_log=False
    )
    server = _Beside(config)
    task = asyncio.create_task(server.serve(sockets=[place]), name="stand-in")
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await task
