"""The application on a port, spoken to byte by byte. Knows nothing of what should be answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import uvicorn
from pysqlite3 import dbapi2

from prepaid.sandbox.serving import listening
from prepaid.store.sqlite.database import SqliteDatabase
from prepaid.web import app
from prepaid.web.app import FrontDoor
from prepaid.web.hot_wire import HotProtocol
from prepaid.web.metrics import Metrics
from tests.kit.shop import OPERATOR_KEY, Shop
from tests.store.recount import recount

WAIT_S = 30
PATH = "/v2/operator/charges"
OPERATOR = {"x-operator-key": OPERATOR_KEY, "content-type": "application/json"}

KEEP_ALIVE_S = 3_600  # so that who hangs up does so for another reason

Answer = tuple[int, dict[str, str], bytes]


class Beside(uvicorn.Server):
    """Leaves signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Line:
    """A connection, spoken by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> Answer:
        """The next answer."""
        async with asyncio.timeout(WAIT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip("\r\n").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(first.split()[1]), headers, body

    async def ask(self, request: bytes) -> Answer:
        """Say it all at once."""
        self.writer.write(request)
        return await self.answer()

    async def is_closed(self) -> bool:
        """The server has hung up."""
        async with asyncio.timeout(WAIT_S):
            return await self.reader.read(1) == b""


@dataclass
class Wire:
    """The application on a port."""

    shop: Shop
    front: FrontDoor
    server: Beside
    port: int
    ada: int
    lines: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        made = Line(*await asyncio.open_connection("127.0.0.1", self.port))
        self.lines.append(made)
        return made

    async def charges(self) -> int:
        """How many there are; each as the ledger wants it."""
        return len((await recount(self.shop.desk.vault, self.ada)).charges)

    def body(self, **fields: object) -> bytes:
        asked = {"accountId": f"acc_{self.ada:016x}", "sku": "report", "settle": True}
        return json.dumps(asked | fields).encode()


@asynccontextmanager
async def on_a_port(shop: Shop) -> AsyncIterator[Wire]:
    front = app.build(
        shop.desk,
        operator_key=OPERATOR_KEY,
        public_url="http://shop.test",
        metrics=Metrics(list),
        lifespan=None,
    )
    config = uvicorn.Config(
        front,
        http=HotProtocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    place, server = listening(), Beside(config)
    port = place.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[place]))
    try:
        wire = Wire(shop, front, server, port, await shop.account(credits=1_000))
        yield wire
        for line in wire.lines:
            line.writer.close()
    finally:
        server.should_exit = True
        async with asyncio.timeout(WAIT_S):
            await task


def request(
    body: bytes,
    headers: dict[str, str] = OPERATOR,
    start: str = f"POST {PATH} HTTP/1.1",
    length: bool = True,
) -> bytes:
    said = {"host": "shop.test", **headers}
    if length:
        said["content-length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{start}\r\n{lines}\r\n".encode("latin-1") + body


@contextmanager
def held(shop: Shop) -> Iterator[None]:
    """No batch is committed meanwhile: somebody else has the file's lock."""
    database = shop.desk.vault.database
    assert isinstance(database, SqliteDatabase)
    other = dbapi2.connect(str(database._path), isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def turns() -> None:
    """What was sent on loopback has arrived, and was read."""
    for _ in range(200):
        await asyncio.sleep(0)
