"""What several processes of one `serve` count is told as one sum, whoever of them is asked."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.faults.clients import account_with, charge, operator
from tests.kit.server import Server, served
from tests.ops.counted import Watched, children, told, until_told

ANSWERED = 'prepaid_http_requests_total{status="201"}'
COMMANDS = "prepaid_commands_total"
SETUP = 2  # of the answers 201: the account, and its credit


def folders(temporary: Path) -> list[tuple[int, int]]:
    """The mode of each folder of metrics there, and how many processes count in it."""
    found = temporary.glob("prepaid-metrics-*")
    return [
        (stat.S_IMODE(folder.stat().st_mode), len(list(folder.glob("counter_*.db"))))
        for folder in found
    ]


@asynccontextmanager
async def pair(url: str, **environment: str) -> AsyncIterator[tuple[Server, Watched]]:
    """A server of two processes."""
    with served(url, "--workers", "2", **environment) as server:
        watched = Watched(server)
        try:
            yield server, watched
        finally:
            await watched.close()


async def charged(clients: list[httpx.AsyncClient], server: Server, each: int) -> None:
    """Charges by way of each of these connections."""
    async with operator(server, 1) as client:
        ada = await account_with(client, 1_000)
    for client in clients:
        for _ in range(each):
            assert (await charge(client, ada)).status_code == 201


async def test_whoever_is_asked_tells_what_all_have_counted(migrated_postgres_url: str) -> None:
    """Else a scrape meets one of them at random, and rates are nonsense."""
    async with pair(migrated_postgres_url) as (server, watched):
        both = await watched.meet(2)
        await charged(both, server, 5)
        # Of the two, only the first has been asked: the other tells unasked.
        commands = (await until_told(both[0], lambda all_of: all_of[COMMANDS] >= 11))[COMMANDS]
        answered = [(await told(client))[ANSWERED] for client in both]

    assert answered == [10 + SETUP] * 2
    assert commands == 11, "ten charges and a grant"


async def test_a_kill_takes_nothing_off_the_sum(migrated_postgres_url: str) -> None:
    """A counter that falls looks like a start from 0: what it had counted would count twice."""
    async with pair(migrated_postgres_url) as (server, watched):
        both = await watched.meet(2)
        await charged(both, server, 5)
        for client in both:
            await until_told(client, lambda all_of: all_of[COMMANDS] == 11)
        os.kill(children(server)[0], signal.SIGKILL)
        await watched.close()
        (left,) = await watched.meet(1)
        after = await told(left)
        await watched.close()
        both = await watched.meet(2)
        await charged(both, server, 5)
        later = await until_told(both[0], lambda all_of: all_of[COMMANDS] >= 22)

    assert (after[ANSWERED], after[COMMANDS]) == (10 + SETUP, 11)
    assert (later[ANSWERED], later[COMMANDS]) == (20 + 2 * SETUP, 22)


async def test_the_folder_is_private_and_goes_with_the_server(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    async with pair(migrated_postgres_url, TMPDIR=str(tmp_path)) as (server, watched):
        await watched.meet(2)
        private = folders(tmp_path)
        ended = await asyncio.to_thread(server.stop)

    assert private == [(0o700, 2)]
    assert ended == 0
    assert folders(tmp_path) == []


async def test_one_process_needs_no_folder(migrated_sqlite_url: str, tmp_path: Path) -> None:
    with served(migrated_sqlite_url, TMPDIR=str(tmp_path)) as server:
        async with operator(server, 1) as client:
            found = await told(client)

    assert found["prepaid_batches_total"] == 0
    assert folders(tmp_path) == []
