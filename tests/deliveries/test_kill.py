"""`kill -9` while webhooks are sent: none is lost, and what comes twice comes with the same id.

`PREPAID_TEST_DELIVERIES` sets how many; 20 000 take some minutes.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.delivery import deliver_all
from prepaid.store.vault import Connection
from tests.adapters.receivers import Received, receiver
from tests.deliveries.office import Office, opened_office
from tests.kit.server import Server, start

DELIVERIES = int(os.environ.get("PREPAID_TEST_DELIVERIES", "1200"))
ENDPOINTS = 8
KILLS = 3
FAILING = 0.05
PATIENCE_S = 60
QUIET_S = 2.0

ENVIRONMENT = {
    "PREPAID_WEBHOOK_ALLOW_HTTP": "true",
    "PREPAID_WEBHOOK_ALLOWED_CIDRS": "127.0.0.1",
    "PREPAID_LOG_LEVEL": "error",
}


class Fleet:
    """One server on a SQLite file, two on PostgreSQL; killed together."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._count = 1 if url.startswith("sqlite") else 2
        self._running: list[Server] = []

    def start(self) -> None:
        for _ in range(self._count):
            self._running.append(start(self._url, **ENVIRONMENT))

    def kill(self) -> None:
        for server in self._running:
            if server.process.poll() is None:
                server.kill()
            assert server.process.stdout is not None
            server.process.stdout.close()
        self._running = []


@pytest.fixture
def fleet(database_url: str) -> Iterator[Fleet]:
    """None of it outlives the test."""
    made = Fleet(database_url)
    yield made
    made.kill()


class Hooks:
    """A receiver that fails one request in twenty."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()  # by endpoint and id
        self.asked = 0
        self._random = random.Random(5)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self._random.random() < FAILING:
            return web.Response(status=503)
        self.accepted[request.path, request.headers["webhook-id"]] += 1
        return web.Response(text="ok")

    async def until(self, wanted: int) -> None:
        """Wait for so many, or until nothing comes any more."""
        deadline, seen, last = time.monotonic() + PATIENCE_S, -1, time.monotonic()
        while len(self.accepted) < wanted and time.monotonic() < deadline:
            if self.asked != seen:
                seen, last = self.asked, time.monotonic()
            if self.asked and time.monotonic() - last > QUIET_S:
                return
            await asyncio.sleep(0.02)


async def time_passes(office: Office) -> None:
    """Every lease ends and every retry is due."""

    def work(connection: Connection) -> None:
        for table in ("delivery", "endpoint"):
            connection.exec_driver_sql(f"UPDATE {table} SET due_at = 0 WHERE due_at IS NOT NULL")

    await office.desk.vault.write(work)


async def opened_account(url: str, seen: Received) -> AccountId:
    async with opened_office(url, real=True) as office:
        ada = await office.account()
        for number in range(ENDPOINTS):
            await office.endpoint(ada, seen.url(f"/{number}"))
        return ada


async def emit(url: str, ada: AccountId, count: int) -> set[str]:
    """Messages that are committed, and which no worker has seen; their ids."""
    async with opened_office(url, real=True) as office:
        await time_passes(office)
        made = [await office.emit(ada, b'{"n":%d}' % number) for number in range(count)]
        return {ids.owned("msg", ada, number) for number in made}


async def test_kills_lose_no_webhook(database_url: str, fleet: Fleet) -> None:
    hooks = Hooks()
    per_round = DELIVERIES // ENDPOINTS // KILLS
    async with receiver(hooks.answer) as seen:
        ada = await opened_account(database_url, seen)
        emitted: set[str] = set()
        for _ in range(KILLS):
            emitted |= await emit(database_url, ada, per_round)
            fleet.start()
            share = random.uniform(0.1, 0.9)
            await hooks.until(len(hooks.accepted) + int(share * per_round * ENDPOINTS))
            fleet.kill()
        wanted = len(emitted) * ENDPOINTS
        for _ in range(6):
            await emit(database_url, ada, 0)
            fleet.start()
            await hooks.until(wanted)
            fleet.kill()
            if len(hooks.accepted) == wanted:
                break
        async with opened_office(database_url, real=True) as office:
            for _ in range(6):
                await time_passes(office)
                await deliver_all(office.deliverer)
            left = await office.rows("SELECT status, count(*) FROM delivery GROUP BY status")

    paths = {f"/{number}" for number in range(ENDPOINTS)}
    lost = {(path, one) for path in paths for one in emitted} - set(hooks.accepted)
    twice = sum(count - 1 for count in hooks.accepted.values())
    shown = f"{wanted} deliveries, {hooks.asked} requests, {len(lost)} lost, {twice} repeated"
    print(f"\n{shown}")  # noqa: T201 - shown with -s
    assert lost == set()
    assert set(hooks.accepted) == {(path, one) for path in paths for one in emitted}
    assert left == [("sent", wanted)]


async def test_killed_between_the_post_and_its_record(database_url: str, fleet: Fleet) -> None:
    """The receiver has it, we do not know: it comes again, with the same id."""
    arrived: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        arrived.append(request.headers["webhook-id"])
        if len(arrived) == 1:
            fleet.kill()
        return web.Response(text="ok")

    async with receiver(answer) as seen:
        ada = await opened_account(database_url, seen)
        async with opened_office(database_url, real=True) as office:
            for number in range(2, ENDPOINTS + 1):
                await endpoints.remove(office.desk, ada, number)
        emitted = await emit(database_url, ada, 1)
        fleet.start()
        await _until(lambda: len(arrived) == 1)
        async with opened_office(database_url, real=True) as office:
            before = await office.attempts(ada)
        await emit(database_url, ada, 0)
        fleet.start()
        await _until(lambda: len(arrived) == 2)
        await asyncio.sleep(0.5)
        fleet.kill()
        async with opened_office(database_url, real=True) as office:
            after = await office.attempts(ada)

    assert before == []
    assert set(arrived) == emitted
    assert [row.failure for row in after] == [None]


async def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < deadline:  # noqa: ASYNC110 - any condition
        await asyncio.sleep(0.02)
