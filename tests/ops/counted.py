"""Asking a `serve` of several processes: each of them by name, and what all have counted."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.kit.server import Server
from tests.kit.shop import OPERATOR_KEY

WAIT_S = 30
SAMPLE = re.compile(r"^(prepaid_\S+) (\S+)$", re.MULTILINE)


def samples(text: str) -> dict[str, float]:
    """Each line of the exposition format."""
    return {name: float(value) for name, value in SAMPLE.findall(text)}


def children(server: Server) -> list[int]:
    """The processes that answer for a server."""
    parent = server.process.pid
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return [
        int(child)
        for child in found
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


class Watched:
    """The processes of a server, each reached by a connection that stays."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def meet(self, number: int) -> list[httpx.AsyncClient]:
        """One connection to each of so many processes; which one takes it is chance."""
        async with asyncio.timeout(WAIT_S):
            while len(self._clients) < number:
                await self._meet_one()
        return list(self._clients.values())

    async def _meet_one(self) -> None:
        client = httpx.AsyncClient(
            base_url=self.server.url,
            headers={"x-operator-key": OPERATOR_KEY},
            limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
            timeout=WAIT_S,
        )
        name = ""
        try:
            # The start of each request's id is its process's.
            name = (await client.get("/healthz")).headers["x-request-id"][:14]
        except httpx.TransportError:
            await asyncio.sleep(0.05)  # it is being started
        if name and name not in self._clients:
            self._clients[name] = client
        else:
            await client.aclose()

    async def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


async def told(client: httpx.AsyncClient) -> dict[str, float]:
    """What /metrics tells on this connection."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


async def until_told(
    client: httpx.AsyncClient, is_so: Callable[[dict[str, float]], bool]
) -> dict[str, float]:
    """The first figures of which this is true."""
    async with asyncio.timeout(WAIT_S):
        while not is_so(found := await told(client)):  # noqa: ASYNC110 - others count
            await asyncio.sleep(0.05)
    return found
