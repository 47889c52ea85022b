"""Webhooks: from the commit to the receiver, and how many a second beside aiohttp alone.

    python -m benchmarks.deliveries [ROUNDS] [DELIVERIES]

On new databases of both kinds; the receiver is a process of its own.
"""

import asyncio
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

import aiohttp
import uvloop

from benchmarks import databases, figures
from prepaid import worker
from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.seals import Seals
from prepaid.adapters.webhooks import WebhookSender
from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Configure, Credit, Reserve
from prepaid.flows import accounts
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.delivery import Deliverer
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.flows.desk import Desk
from prepaid.store.deliveries import messages
from prepaid.store.deliveries.messages import NewMessage
from prepaid.store.vault import Connection, Vault, open_database

ENDPOINTS = 25
IN_FLIGHT = 100
CROSSINGS = 300
LATENCY_MS = 100
TARGET = 0.5
BODY = b'{"type":"company.updated","request":{"requestId":"%s"}}' % (b"x" * 300)
SECRET_KEY = "secret-key-of-the-bench-0123456789abcdef"


def now() -> int:
    return time.time_ns() // 1000


class Pace(NamedTuple):
    """How fast, and at what cost."""

    per_second: float
    cpu_us: float  # of this process, for each


class Begun:
    """A measurement under way."""

    def __init__(self) -> None:
        self._at, self._cpu = time.monotonic(), time.process_time()

    def pace(self, count: int) -> Pace:
        spent, cpu = time.monotonic() - self._at, time.process_time() - self._cpu
        return Pace(count / spent, cpu / count * 1e6)


class Bench:
    """An account with endpoints at the receiver, and the sender that a server runs."""

    def __init__(self, desk: Desk, deliverer: Deliverer, url: str) -> None:
        self.desk = desk
        self.deliverer = deliverer
        self._url = url

    async def account(self, ends: int) -> int:
        desk = self.desk
        row = await accounts.create(
            desk, name="Bench", admins=(), currency="EUR", sandbox=True, floor=None
        )
        for _ in range(ends):
            wish = Wish(self._url, "", None, False, {}, None, None)  # noqa: FBT003 - a row
            await endpoints.create(desk, row.id, wish)
        return row.id

    async def times(self) -> list[float]:
        """When the receiver got what it got since it was last asked."""
        async with aiohttp.ClientSession() as session, session.get(self._url) as answer:
            found: list[float] = await answer.json(content_type=None)
            return found

    async def latency(self) -> list[float]:
        """Seconds from the answer to a charge that crosses a tier to the webhook's arrival."""
        account = await self.account(1)
        submit = self.desk.vault.submit
        changes = {"low_balance_enabled": True, "low_balance_tiers": (Tier("warning", 1000),)}
        await submit(Configure(account=account, changes=changes))
        await submit(Credit(account=account, amount=11 * CREDIT, reason="bench"))
        await self.times()
        committed = []
        for _ in range(CROSSINGS):
            await submit(Reserve(account=account, sku="x", credits=CREDIT, settle=True))
            committed.append(time.monotonic())
            await asyncio.sleep(0.05)
            await submit(Credit(account=account, amount=CREDIT, reason="bench"))
        received = await self.times()
        assert len(received) == CROSSINGS, len(received)
        return sorted(got - done for got, done in zip(received, committed, strict=True))

    async def throughput(self, count: int) -> Pace:
        """Webhooks committed before; sent, recorded and all."""
        account = await self.account(ENDPOINTS)
        new = [NewMessage(account, "company.updated", BODY)] * (count // ENDPOINTS)

        def work(connection: Connection) -> None:
            messages.add_all(connection, new, now())

        before = self.deliverer.sent
        await self.desk.vault.write(work)
        begun = Begun()
        while self.deliverer.sent - before < count:  # noqa: ASYNC110 - it counts, no more
            await asyncio.sleep(0.005)
        return begun.pace(count)


async def alone(url: str, count: int) -> Pace:
    """What aiohttp posts of the same bytes, 100 at once, nothing recorded."""
    left = iter(range(count))
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    headers = {f"webhook-{name}": "x" * 40 for name in ("id", "timestamp", "signature")}
    async with aiohttp.ClientSession(connector=connector) as session:

        async def client() -> None:
            for _ in left:
                async with session.post(url, data=BODY, headers=headers) as answer:
                    await answer.read()

        begun = Begun()
        await asyncio.gather(*(client() for _ in range(IN_FLIGHT)))
        return begun.pace(count)


@asynccontextmanager
async def opened(database: str, url: str) -> AsyncIterator[Bench]:
    vault = Vault(open_database(database))
    desk = Desk(vault, now, secrets.token_bytes, seals=Seals(SECRET_KEY), allows_http=True)
    vault.start()
    sender = WebhookSender(AddressRule(["127.0.0.1"]), allow_http=True)
    deliverer, stop = Deliverer(desk, sender), asyncio.Event()
    job = worker.Job("send webhooks", 0.5, deliverer.turn, deliverer.wake)
    running = asyncio.create_task(worker.run([job], stop))
    try:
        yield Bench(desk, deliverer, url)
    finally:
        stop.set()
        await running
        await deliverer.stop()
        await sender.close()
        await vault.stop()


async def report(database: str, url: str, rounds: int, count: int) -> None:
    kind = database.partition(":")[0]
    async with opened(database, url) as bench:
        waits = await bench.latency()
        p50, p99 = waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000
        figures.tell(
            f"{kind}: crossing committed to webhook received, idle",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
            f"<= {LATENCY_MS} ms",
            is_met=p99 <= LATENCY_MS,
        )
        await alone(url, count // 4)
        plain, ours = [], []
        for _ in range(rounds):
            plain.append(await alone(url, count))
            ours.append(await bench.throughput(count))
        for name, paces in (("webhooks", ours), ("aiohttp alone", plain)):
            rate = statistics.median(pace.per_second for pace in paces)
            cpu = statistics.median(pace.cpu_us for pace in paces)
            print(f"{kind}: {name:13} {rate:6.0f}/s {cpu:5.0f} us of CPU each")
        ratio = statistics.median(
            a.per_second / b.per_second for a, b in zip(ours, plain, strict=True)
        )
        figures.tell(
            f"{kind}: webhooks sent, of what aiohttp alone posts",
            f"{ratio:.2f}, median of {rounds}",
            f">= {TARGET}",
            is_met=ratio >= TARGET,
        )


@contextmanager
def receiving() -> Iterator[str]:
    """URL of the receiver, a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hook_receiver"]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    try:
        yield f"http://127.0.0.1:{receiver.stdout.readline().strip()}/hooks"
    finally:
        receiver.terminate()
        receiver.wait(10)
        receiver.stdout.close()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000
    for kind in databases.KINDS:
        with databases.database(kind) as database, receiving() as url:
            uvloop.run(report(database, url, rounds, count))


if __name__ == "__main__":
    main()
