"""The application behind a real HTTP server, in a thread and a loop of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from prepaid.web import app
from prepaid.web.hot_wire import HotProtocol
from prepaid.web.metrics import Metrics
from tests.kit.shop import OPERATOR_KEY, opened

START_S = 30


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: None = None) -> None:  # type: ignore[override]
        """Begin to listen, on a port that the system chooses."""
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def running(database_url: str) -> Iterator[str]:
    """The URL of the service on a migrated database."""
    server: _Server | None = None
    made = threading.Event()

    async def serve() -> None:
        nonlocal server
        async with opened(database_url) as shop:
            inside = app.build(
                shop.desk,
                operator_key=OPERATOR_KEY,
                public_url="http://shop.test",
                metrics=Metrics(list),
                lifespan=None,
            )
            config = uvicorn.Config(
                inside, http=HotProtocol, port=0, lifespan="off", log_level="warning"
            )
            server = _Server(config)
            made.set()
            await server.serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="service")
    thread.start()
    try:
        assert made.wait(START_S), "the shop did not open"
        assert server is not None, "made, as was waited for"
        assert server.listens.wait(START_S), "the server does not listen"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        if server is not None:
            server.should_exit = True
        thread.join(START_S)
