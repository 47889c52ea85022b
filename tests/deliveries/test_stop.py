"""A polite stop of a whole `prepaid serve` while receivers are slow: in time, and nothing lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from tests.adapters.receivers import Received, receiver
from tests.deliveries.office import opened_office
from tests.kit.server import Server, start

MESSAGES = 6
PATIENCE_S = 30
ENVIRONMENT = {
    "PREPAID_WEBHOOK_ALLOW_HTTP": "true",
    "PREPAID_WEBHOOK_ALLOWED_CIDRS": "127.0.0.1",
    "PREPAID_LOG_LEVEL": "error",
}


class Slow:
    """A receiver that answers when it is let go, and notes what it has answered."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.is_full = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.headers["webhook-id"]
        self.asked[name] += 1
        if len(self.asked) >= 4:
            self.is_full.set()
        await self.go.wait()
        self.answered[name] += 1
        return web.Response(text="ok")


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Server]:
    """A server that does not outlive the test."""
    server = await asyncio.to_thread(start, url, **ENVIRONMENT)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
        assert server.process.stdout is not None
        server.process.stdout.close()


async def emitted(url: str, seen: Received) -> tuple[AccountId, set[str]]:
    """Messages to an endpoint at the receiver; their ids."""
    async with opened_office(url, real=True) as office:
        ada = await office.account()
        await office.endpoint(ada, seen.url())
        made = [await office.emit(ada) for _ in range(MESSAGES)]
        return ada, {ids.owned("msg", ada, number) for number in made}


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.02)


async def statuses(url: str) -> Counter[object]:
    async with opened_office(url, real=True) as office:
        return Counter(status for (status,) in await office.rows("SELECT status FROM delivery"))


async def test_a_stop_waits_for_answers_that_come_and_records_them(database_url: str) -> None:
    """Four are in flight. They are answered after the signal, and so they never come again."""
    slow = Slow()
    async with receiver(slow.answer) as seen:
        ada, wanted = await emitted(database_url, seen)
        async with running(database_url) as server:
            async with asyncio.timeout(PATIENCE_S):
                await slow.is_full.wait()
            stop = asyncio.create_task(asyncio.to_thread(server.stop))
            await asyncio.sleep(0.2)
            slow.go.set()
            code = await stop
        before = await statuses(database_url)
        async with opened_office(database_url, real=True) as office:
            recorded = len(await office.attempts(ada))
        async with running(database_url):
            await until(lambda: set(slow.answered) == wanted)

    assert code == 0
    assert recorded == 4
    assert before == {"sent": 4, "waiting": MESSAGES - 4}
    assert slow.answered == dict.fromkeys(wanted, 1)


async def test_a_stop_waits_for_no_answer_for_ever(migrated_sqlite_url: str) -> None:
    """The attempt ends by its own time limit, below that of the stop; it is tried again later."""
    slow = Slow()
    async with receiver(slow.answer) as seen:
        ada, wanted = await emitted(migrated_sqlite_url, seen)
        async with running(migrated_sqlite_url) as server:
            async with asyncio.timeout(PATIENCE_S):
                await slow.is_full.wait()
            code = await asyncio.to_thread(server.stop)
        async with opened_office(migrated_sqlite_url, real=True) as office:
            rows = await office.attempts(ada)
        slow.go.set()
        async with running(migrated_sqlite_url):
            await until(lambda: slow.asked.total() == MESSAGES + 4)

    assert code == 0
    assert [row.failure for row in rows] == ["timeout"] * 4
    assert set(slow.asked) == wanted, "what comes again comes with the same id"
