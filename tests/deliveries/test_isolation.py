"""A dead endpoint holds up nobody else, and a fast one waits for nobody."""

import asyncio
import time
from collections.abc import Callable, Mapping

from prepaid.domain.instants import SECOND
from prepaid.flows.deliveries.delivery import Deliverer
from tests.deliveries.office import OK, Reply, Scripted, opened_office

SECONDS = 3
PER_SECOND = 50
DEAD = "https://dead.example"


class OneDead:
    """A sender for which one endpoint never answers in time; notes when each of the others got."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, float]] = []

    async def post(
        self, url: str, body: bytes, _headers: Mapping[str, str], _own: Mapping[str, str]
    ) -> Reply:
        if url == DEAD:
            await asyncio.sleep(20)
            return Reply(None, "timeout", duration_ms=20_000)
        self.got.append((body, time.monotonic()))
        return OK


async def test_one_dead_endpoint_among_ten(database_url: str) -> None:
    """Fifty messages a second to ten endpoints: the nine get theirs as if nothing were."""
    sender = OneDead()
    begun: dict[bytes, float] = {}
    async with opened_office(database_url, sender, real=True) as office:
        ada = await office.account()
        await office.endpoint(ada, DEAD)
        for _ in range(9):
            await office.endpoint(ada)
        running = asyncio.create_task(_turn_for_ever(office.deliverer))
        for number in range(SECONDS * PER_SECOND):
            body = b'{"n":%d}' % number
            begun[body] = time.monotonic()
            await office.emit(ada, body)
            spent = time.monotonic() - begun[b'{"n":0}']
            await asyncio.sleep(max(0, number / PER_SECOND - spent))
        await _until(lambda: len(sender.got) == 9 * len(begun) or running.done())
        assert not running.done(), running
        running.cancel()
        for task in office.deliverer._tasks:
            task.cancel()

    waits = sorted(at - begun[body] for body, at in sender.got)
    # Shown with -s. Tests never assert on time.
    shown = f"p50 {waits[len(waits) // 2]:.3f} s, p95 {waits[len(waits) * 95 // 100]:.3f} s"
    print(f"\n{shown}")  # noqa: T201
    assert len(sender.got) == 9 * SECONDS * PER_SECOND


async def _turn_for_ever(deliverer: Deliverer) -> None:
    while True:
        deliverer.wake.clear()
        if not await deliverer.turn():
            await deliverer.wake.wait()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.01)


async def test_a_long_queue_of_one_does_not_hide_the_others(database_url: str) -> None:
    """Three hundred due deliveries of one endpoint stand before the one of another."""
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada, bob = await office.account(), await office.account()
        await office.endpoint(ada, "https://long.example")
        await office.endpoint(bob, "https://short.example")
        for _ in range(300):
            await office.emit(ada)
        office.hand.now += SECOND
        await office.emit(bob)
        await office.deliverer.turn()
        await asyncio.sleep(0.01)
        urls = [url for url, _, _ in sender.sent]
        await office.work()

    assert urls.count("https://short.example") == 1
    assert len(sender.sent) == 301
