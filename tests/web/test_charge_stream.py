"""The CSV of charges is a stream: it waits for its reader, and ends with it."""

import asyncio
from typing import Any

import pytest

from prepaid.flows import charge_lists
from prepaid.web import app
from prepaid.web.metrics import Metrics
from tests.kit.door import Customer, Door
from tests.kit.shop import OPERATOR_KEY
from tests.web.test_charge_lists import LIST

CHARGES = 30


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charge_lists, "STREAM_ROWS", 1)


class Reader:
    """Somebody who asks for the file over ASGI, and reads as much as is allowed."""

    def __init__(self, door: Door, ada: Customer, pieces: int) -> None:
        self._app = app.build(
            door.shop.desk,
            operator_key=OPERATOR_KEY,
            public_url="http://shop.test",
            metrics=Metrics(list),
            lifespan=None,
        )
        self._key = ada.key.encode()
        self.lines = 0
        self.allowed = asyncio.Semaphore(pieces)
        self.gone = asyncio.Event()
        self.waits = asyncio.Event()  # the service is held up by a reader who does not read
        self._asked = False

    async def read(self) -> None:
        """The whole request."""
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": LIST,
            "raw_path": LIST.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"x-api-key", self._key), (b"accept", b"text/csv")],
            "client": ("127.0.0.1", 1),
            "server": ("shop.test", 80),
            "scheme": "http",
        }
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] != "http.response.body":
            return
        if self.allowed.locked():
            self.waits.set()
        await self.allowed.acquire()
        self.lines += message["body"].count(b"\r\n")


async def reader(door: Door, pieces: int) -> Reader:
    ada = await door.customer(10_000)
    await asyncio.gather(*(door.charge(ada, settle=True) for _ in range(CHARGES)))
    return Reader(door, ada, pieces)


async def test_a_reader_who_hangs_up_ends_the_stream(door: Door) -> None:
    """Nobody reads millions of rows for nobody."""
    hers = await reader(door, pieces=4)
    reading = asyncio.create_task(hers.read())
    await hers.waits.wait()
    hers.gone.set()
    async with asyncio.timeout(30):
        await reading

    assert hers.lines == 4


async def test_a_slow_reader_holds_no_transaction(door: Door) -> None:
    """While the service waits for the reader, nothing is open: others write, and are answered."""
    hers = await reader(door, pieces=2)
    reading = asyncio.create_task(hers.read())
    await hers.waits.wait()
    others = await door.customer()
    async with asyncio.timeout(30):
        assert (await door.charge(others)).status_code == 201
    for _ in range(CHARGES + 2):
        hers.allowed.release()
    async with asyncio.timeout(30):
        await reading

    assert hers.lines == CHARGES + 1
