"""A way to PostgreSQL that breaks at a chosen message. Knows only how messages are framed.

A plan says at which message the connection is cut, and on which side of it:

`at_request(n)`     before the n-th message from now on reaches the server
`at_answer(n)`      before the n-th message of the server from now on comes back
`before_commit()`   the server never hears COMMIT
`after_commit()`    the server has committed, its word is lost
`late_commit()`     the client is cut off, and COMMIT arrives when its successor waits for the lock
`refusing`          while true, new connections are cut at once
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import URL, make_url

COMMIT = b"COMMIT\0"  # of a batch
RARE_COMMIT = b"COMMIT;\0"  # of any other write: the driver's own words
LOCKING = b"FOR UPDATE"
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
QUERY, PARSE, COMMAND_COMPLETE = b"Q", b"P", b"C"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """The plan, and what has come of it so far."""

    def __init__(self, upstream: str) -> None:
        self._upstream = make_url(upstream)
        self.url = ""
        self.cuts = 0
        self.refusing = False
        self.commit = COMMIT  # the one that plans are about
        self._refused = asyncio.Semaphore(0)
        self._plan = ""
        self._left = 0
        self._held: asyncio.StreamWriter | None = None
        self._links: dict[asyncio.Task[None], Link] = {}

    @property
    def is_idle(self) -> bool:
        """Whether the plan has come to its end."""
        return not self._plan

    def at_request(self, n: int) -> None:
        self._plan, self._left = "request", n

    def at_answer(self, n: int) -> None:
        self._plan, self._left = "answer", n

    def before_commit(self) -> None:
        self._plan = "before"

    def after_commit(self) -> None:
        self._plan = "after"

    def late_commit(self) -> None:
        self._plan = "late"

    def forget(self) -> None:
        """Let everything pass from now on."""
        self._plan = ""

    async def refused(self, times: int) -> None:
        """Wait until so many connections were refused."""
        for _ in range(times):
            await self._refused.acquire()

    async def serve(self, down: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """One connection of the client, from its first byte to its end."""
        if self.refusing:
            self._refused.release()
            client.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        up, server = await self._connect()
        link = self._links[task] = Link(self, client, server)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.requests(down))
                group.create_task(link.answers(up))
        except* (Cut, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            client.transport.abort()
            if self._held is not server:
                server.transport.abort()
            del self._links[task]

    async def close(self) -> None:
        """End every connection."""
        for link in self._links.values():
            link.abort()
        if self._links:
            await asyncio.wait(tuple(self._links))
        if self._held is not None:
            self._held.transport.abort()

    async def _connect(self) -> Streams:
        host = self._upstream.host or self._upstream.query.get("host", "localhost")
        port = self._upstream.port or int(str(self._upstream.query.get("port", 5432)))
        if str(host).startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(str(host), port)

    def request(self, kind: bytes, body: bytes, server: asyncio.StreamWriter) -> None:
        """A message of the client is about to pass.

        Raises:
            Cut: it does not.
        """
        is_commit = kind == QUERY and body == self.commit
        if self._plan == "request":
            self._count()
        elif is_commit and self._plan == "before":
            self._cut()
        elif is_commit and self._plan == "after":
            self._plan = "answer of commit"
        elif is_commit and self._plan == "late":
            self._plan, self._held = "held", server
            self.cuts += 1
            raise Cut
        elif self._plan == "held" and kind == PARSE and LOCKING in body:
            assert self._held is not None
            self._plan = ""
            self._held.write(framed(QUERY, COMMIT))

    def answer(self, kind: bytes, body: bytes) -> None:
        """A message of the server is about to pass.

        Raises:
            Cut: it does not.
        """
        if self._plan == "answer":
            self._count()
        elif self._plan == "answer of commit" and kind == COMMAND_COMPLETE and body == COMMIT:
            self._cut()

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._cut()

    def _cut(self) -> None:
        self._plan = ""
        self.cuts += 1
        raise Cut


class Cut(Exception):
    """The connection ends here."""


class Link:
    """One connection of the client and the one it is passed on to."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server

    def abort(self) -> None:
        """End both sides at once."""
        self._client.transport.abort()
        self._server.transport.abort()

    async def requests(self, down: asyncio.StreamReader) -> None:
        """From the client to the server."""
        await self._start(down)
        while True:
            kind, body = await message(down)
            self._proxy.request(kind, body, self._server)
            self._server.write(framed(kind, body))
            await self._server.drain()

    async def answers(self, up: asyncio.StreamReader) -> None:
        """From the server to the client."""
        while True:
            kind, body = await message(up)
            self._proxy.answer(kind, body)
            self._client.write(framed(kind, body))
            await self._client.drain()

    async def _start(self, down: asyncio.StreamReader) -> None:
        """The first message has no kind; a wish for encryption is declined."""
        while True:
            size = await down.readexactly(4)
            body = await down.readexactly(int.from_bytes(size) - 4)
            if int.from_bytes(body[:4]) not in (SSL_REQUEST, GSS_REQUEST):
                self._server.write(size + body)
                return
            self._client.write(b"N")


async def message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next message: its kind, and what is in it."""
    head = await reader.readexactly(5)
    return head[:1], await reader.readexactly(int.from_bytes(head[1:]) - 4)


def framed(kind: bytes, body: bytes) -> bytes:
    """A message as it travels."""
    return kind + (len(body) + 4).to_bytes(4) + body


@asynccontextmanager
async def proxied(upstream: str) -> AsyncIterator[Proxy]:
    """A proxy before the database that a URL names; `proxy.url` leads through it."""
    proxy = Proxy(upstream)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    proxy.url = _through(proxy._upstream, host, port)
    try:
        yield proxy
    finally:
        listening.close()
        await proxy.close()


def _through(upstream: URL, host: str, port: int) -> str:
    rest = {name: value for name, value in upstream.query.items() if name not in ("host", "port")}
    url = upstream.set(host=host, port=port, query=rest)
    return url.render_as_string(hide_password=False)
