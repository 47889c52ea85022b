"""A port for those who watch: no key is needed there, and nothing else is to be had."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from prepaid.store.locations import sqlite_path
from tests.adapters.receivers import receiver
from tests.deliveries.office import opened_office
from tests.faults.clients import account_with, charge, operator
from tests.kit.prompt import prepaid
from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY
from tests.ops.counted import WAIT_S, Watched, told, until_told

OWN = {"PREPAID_METRICS_PORT": "0"}
STOP_S = 30


def watcher(address: str) -> httpx.AsyncClient:
    """Somebody without a key at the port, whose page of metrics is at this address."""
    return httpx.AsyncClient(base_url=address.removesuffix("/metrics"), timeout=WAIT_S)


@contextmanager
def worker(url: str) -> Iterator[str]:
    """A `prepaid worker`; where it tells its metrics."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "worker"],
        env=os.environ
        | OWN
        | {
            "PREPAID_DATABASE_URL": url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
            "PREPAID_WEBHOOK_ALLOW_HTTP": "true",
            "PREPAID_WEBHOOK_ALLOWED_CIDRS": "127.0.0.1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().removeprefix("Metrics on ").strip()
        assert process.stdout.readline().startswith("Working")
        yield address
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S) == 0
    finally:
        process.kill()
        process.communicate()


async def test_a_worker_tells_what_it_has_delivered_and_that_it_lives(
    migrated_postgres_url: str,
) -> None:
    """It sends what servers leave to it; uncounted, a receiver that fails would go unseen."""
    async with receiver() as seen:
        async with opened_office(migrated_postgres_url, real=True) as office:
            ada = await office.account()
            await office.endpoint(ada, seen.url())
            for _ in range(3):
                await office.emit(ada)
        with worker(migrated_postgres_url) as address:
            async with watcher(address) as client:
                sent = "prepaid_webhooks_sent_total"
                found = await until_told(client, lambda read: read[sent] >= 3)
                alive = await client.get("/healthz")
                ready = await client.get("/readyz")

    assert found["prepaid_webhooks_sent_total"] == 3
    assert found["prepaid_webhooks_in_flight"] == 0
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert len(seen.bodies) == 3


async def test_a_servers_own_port_tells_without_a_key_and_its_main_port_does_not(
    database_url: str,
) -> None:
    """Of two processes, it tells the sum."""
    workers = "1" if sqlite_path(database_url) else "2"
    with served(database_url, "--workers", workers, **OWN) as server:
        watched = Watched(server)
        clients = await watched.meet(int(workers))
        async with operator(server, 1) as client:
            ada = await account_with(client, 100)
        for client in clients:
            assert (await charge(client, ada)).status_code == 201
        await watched.close()
        async with watcher(server.metrics) as outside, watcher(server.url) as stranger:
            found = await told(outside)
            refused = await stranger.get("/metrics")

    assert found['prepaid_http_requests_total{status="201"}'] == 2 + len(clients)
    assert refused.status_code == 401


async def test_the_port_of_metrics_opens_nothing_else(migrated_sqlite_url: str) -> None:
    """Whoever may look need not be one who may charge, whatever key they bring."""
    with served(migrated_sqlite_url, **OWN) as server:
        async with watcher(server.metrics) as client:
            headers = {"x-operator-key": OPERATOR_KEY}
            for path in ("/", "/docs", "/operator", "/dashboard", "/openapi.json"):
                assert (await client.get(path, headers=headers)).status_code == 404, path
            charge_there = await client.post("/v2/operator/charges", headers=headers, json={})
            written = await client.post("/metrics")
        ended = await asyncio.to_thread(server.stop)

    assert charge_there.status_code == 404
    assert charge_there.json()["error"]["code"] == "not_found"
    assert written.status_code == 405
    assert ended == 0


@pytest.mark.parametrize("command", [("serve",), ("serve", "--workers", "2"), ("worker",)])
def test_a_port_that_is_taken_is_said_and_nothing_runs(
    migrated_postgres_url: str, command: tuple[str, ...]
) -> None:
    """Unheard, it would be noticed when the first alarm does not come."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = prepaid(migrated_postgres_url, *command, code=1, PREPAID_METRICS_PORT=port)

    assert f"port {port} of 127.0.0.1 cannot be used" in ended.stderr
