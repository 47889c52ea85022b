"""Too many requests wait: told so at once, nothing half done, and it recovers by itself."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import httpx
import pytest

from prepaid.domain.book import Outcome
from prepaid.domain.commands import Reserve
from prepaid.domain.ids import AccountId, parse_account
from prepaid.store.batching.writer import BATCH_MAX, QUEUE_MAX
from tests.kit.door import CHARGES, Customer, Door, code, opened_door
from tests.kit.shop import Shop, opened

Stuck = Callable[[AccountId], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def row_held(url: str, account: AccountId) -> AsyncIterator[None]:
    """Another process holds the account's row."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", account)
        yield
    finally:
        await connection.close()


@asynccontextmanager
async def turn_held(shop: Shop) -> AsyncIterator[None]:
    """A slow transaction has the one connection that writes the file."""
    begun, end = threading.Event(), threading.Event()

    def work(_connection: object) -> None:
        begun.set()
        end.wait()

    slow = asyncio.create_task(shop.desk.vault.write(work))
    try:
        await asyncio.to_thread(begun.wait)
        yield
    finally:
        end.set()
        await slow


@pytest.fixture
def stuck(shop: Shop, database_url: str) -> Stuck:
    """Keeps the writer from getting on, from outside."""
    if shop.desk.vault.database.is_shared:
        return lambda account: row_held(database_url, account)
    return lambda _account: turn_held(shop)


async def fill(shop: Shop, account: AccountId) -> list[asyncio.Task[Outcome]]:
    """As many charges as can wait: one batch that has begun, and a full queue."""
    (writer,) = shop.desk.vault.writers
    charge = Reserve(account=account, sku="page", settle=True)
    waiting = []
    for count, depth in ((BATCH_MAX, 0), (QUEUE_MAX, QUEUE_MAX)):
        waiting += [asyncio.create_task(shop.do(charge)) for _ in range(count)]
        await asyncio.sleep(0)
        while writer.depth != depth:  # noqa: ASYNC110 - a queue tells nobody how long it is
            await asyncio.sleep(0)
    return waiting


def is_told_to_come_again(answer: httpx.Response) -> bool:
    assert (answer.status_code, code(answer)) == (503, "overloaded")
    return int(answer.headers["retry-after"]) >= 1


async def crowded(door: Door, ada: Customer, hold: str) -> None:
    """What is answered while the queue is full."""
    item = {"accountId": ada.id, "sku": "page"}
    refused = [
        await door.charge(ada, key="k1"),
        await door.operator("POST", ada.place + "/credits", {"cents": 1, "reason": "r"}),
        await door.operator("POST", f"{CHARGES}/{hold}/settle", {}),
        await door.operator("POST", f"{CHARGES}/{hold}/release"),
    ]
    batch = await door.operator("POST", CHARGES + "/batch", {"charges": [item] * 3})

    assert all(is_told_to_come_again(answer) for answer in refused)
    assert [result["status"] for result in batch.json()["results"]] == [503] * 3
    assert (await door.client.get("/healthz")).status_code == 200
    for path in ("/v2/billing/balance", "/v2/billing/ledger", "/v2/workspaces/usage"):
        assert (await ada.ask("GET", path)).status_code == 200


async def test_a_full_queue_refuses_and_then_recovers(door: Door, stuck: Stuck) -> None:
    ada = await door.customer(1_000_000)
    account = parse_account(ada.id)
    assert account is not None
    hold = (await door.charge(ada, ttlSeconds=3600)).json()
    async with stuck(account):
        waiting = await fill(door.shop, account)
        await crowded(door, ada, hold["id"])
    outcomes = await asyncio.gather(*waiting)
    after = await door.charge(ada, key="k1")

    assert after.status_code == 201
    assert sorted(outcome.seq for outcome in outcomes) == list(
        range(hold["seq"] + 1, after.json()["seq"])
    )
    assert after.json()["balanceCents"] == 1_000_000 - 200 - len(outcomes) - 200
    (row,) = await ada.usage()
    assert row["totalRequests"] == len(outcomes) + 2


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_cut_connections_are_made_anew(migrated_postgres_url: str) -> None:
    """Nobody notices that every connection was cut between two requests."""
    async with opened(migrated_postgres_url) as shop, opened_door(shop) as door:
        ada = await door.customer()
        other = await asyncpg.connect(migrated_postgres_url)
        await other.execute(CUT)
        await other.close()
        answers = [await door.charge(ada), await ada.ask("GET", "/v2/workspaces")]

        assert [answer.status_code for answer in answers] == [201, 200]
        assert (await ada.balance())["balanceInCreditCents"] == 800
