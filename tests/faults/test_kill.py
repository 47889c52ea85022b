"""`kill -9` at random moments under load: what was acknowledged is there, and there once."""

import asyncio
import random
from collections.abc import Iterator

import httpx
import pytest

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.domain.ids import AccountId
from tests.faults.clients import account_with, charge, operator
from tests.kit.server import Server, start
from tests.kit.shop import opened
from tests.store.recount import recount

CLIENTS = 24
ROUNDS = 3
GRANTED = 1_000_000  # cents


class Storm:
    """Clients that charge one credit cent each, again and again, every time with a new key."""

    def __init__(self, account: AccountId) -> None:
        self.account = account
        self.acknowledged: dict[str, dict[str, object]] = {}
        self.unknown: list[str] = []
        self._keys = (f"key-{n}" for n in range(10**9))

    async def rage(self, server: Server, client: httpx.AsyncClient, until: int) -> None:
        """Charge until so many more were acknowledged; then the server is killed."""
        wanted = len(self.acknowledged) + until
        retries = iter([self.unknown.pop() for _ in range(len(self.unknown))])

        async def one() -> None:
            while server.process.returncode is None:
                if len(self.acknowledged) >= wanted:
                    server.kill()
                    return
                await self._ask(client, next(retries, None) or next(self._keys))

        await asyncio.gather(*(one() for _ in range(CLIENTS)))
        self.unknown += retries

    async def _ask(self, client: httpx.AsyncClient, key: str) -> None:
        try:
            answer = await charge(client, self.account, key)
        except httpx.TransportError:
            self.unknown.append(key)
            return
        assert answer.status_code == 201, answer.text
        self.acknowledged[key] = answer.json()

    async def ask_again(self, client: httpx.AsyncClient) -> None:
        """Every key that was never answered, once more."""
        unknown, self.unknown = self.unknown, []
        await asyncio.gather(*(self._ask(client, key) for key in unknown))
        assert not self.unknown


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """What the test has started; none outlives it."""
    started: list[Server] = []
    yield started
    for server in started:
        if server.process.poll() is None:
            server.kill()
        assert server.process.stdout is not None
        server.process.stdout.close()


async def test_kills_lose_nothing_and_double_nothing(
    database_url: str, servers: list[Server]
) -> None:
    """Each restart recovers by itself; asking again with the same key charges once."""
    storm = None
    for _ in range(ROUNDS):
        servers.append(start(database_url))
        async with operator(servers[-1], CLIENTS) as client:
            storm = storm or Storm(await account_with(client, GRANTED))
            await storm.rage(servers[-1], client, until=random.randint(5, 150))
    assert storm is not None
    servers.append(start(database_url))
    async with operator(servers[-1], CLIENTS) as client:
        await storm.ask_again(client)
    servers[-1].stop()

    async with opened(database_url) as shop:
        kept = await recount(shop.desk.vault, storm.account)
    assert len(kept.charges) == len(storm.acknowledged)
    assert kept.balance == (GRANTED - len(storm.acknowledged)) * CENT
    for key, body in storm.acknowledged.items():
        found = kept.charges[kept.keys["charge", key]]
        assert body["id"] == ids.charge(storm.account, found.seq)
        assert (body["seq"], body["balanceCents"]) == (found.seq, found.balance // CENT)
