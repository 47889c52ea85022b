"""64 clients of the real service, in one process and in two, on one account."""

import asyncio
from itertools import pairwise

from prepaid.domain.amounts import CENT
from prepaid.store.locations import sqlite_path
from tests.faults.clients import account_with, charge, operator
from tests.kit.server import served
from tests.kit.shop import opened
from tests.store.recount import recount

CLIENTS = 64
AFFORDABLE = 40
PRICE = 25  # cents


async def test_exactly_as_many_are_served_as_the_balance_allows(database_url: str) -> None:
    """Over HTTP: every answer carries the account's number and the balance at that number."""
    workers = "1" if sqlite_path(database_url) else "2"
    with served(database_url, "--workers", workers) as server:
        async with operator(server, CLIENTS) as client:
            ada = await account_with(client, AFFORDABLE * PRICE)
            answers = await asyncio.gather(
                *(charge(client, ada, credits=PRICE / 100, settle=False) for _ in range(CLIENTS))
            )
        server.stop()

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * AFFORDABLE + [402] * (CLIENTS - AFFORDABLE)
    made = sorted(
        (answer.json() for answer in answers if answer.status_code == 201),
        key=lambda body: body["seq"],
    )
    assert [body["seq"] for body in made] == list(range(2, AFFORDABLE + 2))
    assert all(a["balanceCents"] - PRICE == b["balanceCents"] for a, b in pairwise(made))
    async with opened(database_url) as shop:
        kept = await recount(shop.desk.vault, ada)
    assert (kept.balance, kept.used) == (0, AFFORDABLE * PRICE * CENT)
    assert len(kept.with_status("held")) == AFFORDABLE


async def test_one_key_fifty_times_through_two_processes_is_one_charge(
    migrated_postgres_url: str,
) -> None:
    """49 replays, byte for byte the first answer."""
    with served(migrated_postgres_url, "--workers", "2") as server:
        async with operator(server, 50) as client:
            ada = await account_with(client, 100)
            answers = await asyncio.gather(*(charge(client, ada, "k") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None] + ["true"] * 49
    async with opened(migrated_postgres_url) as shop:
        kept = await recount(shop.desk.vault, ada)
    assert (len(kept.charges), kept.balance) == (1, 99 * CENT)
