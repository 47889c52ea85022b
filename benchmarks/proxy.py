"""Requests per second through the proxy, against the same upstream asked directly by aiohttp.

    python -m benchmarks.proxy [ROUNDS] [SECONDS]

The upstream, the service and the clients are three processes; rounds alternate. Every request
through the proxy is reserved and settled durably, on a new SQLite file or, when
`PREPAID_BENCH_DATABASE_URL` names one, on PostgreSQL. `kept` ones come with a random idempotency
key each, so their answers are stored too. CPU is that of the process that is asked: unlike
requests per second it does not depend on what else the machine does.
"""

import asyncio
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import aiohttp
import httpx
from aiohttp import web

OPERATOR = "operator-key-of-the-bench"
CLIENTS = 64
ROUTES = """
[upstreams.far]
url = "{url}"

[[routes]]
name = "report"
method = "POST"
path = "/v1/report"
upstream = "far"
sku = "report"
"""
BODY = b'{"question": "how much?"}'


async def upstream() -> None:
    """The upstream's process: a fixed JSON answer."""

    async def report(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"answer": "x" * 300})

    inside = web.Application()
    inside.router.add_post("/v1/report", report)
    runner = web.AppRunner(inside, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


class Place(NamedTuple):
    """A process that listens."""

    process: int
    url: str


class Measured(NamedTuple):
    """One round."""

    per_s: float
    cpu_us: float  # of the process that was asked, per request


def cpu_s(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(place: Place, key: str, seconds: float, *, kept: bool = False) -> Measured:
    """Requests of 64 clients, one request each at a time."""
    count = 0
    stop_at = time.perf_counter() + seconds
    headers = {"x-api-key": key, "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def client() -> None:
            nonlocal count
            while time.perf_counter() < stop_at:
                own = {"idempotency-key": secrets.token_hex(12)} if kept else {}
                url = f"{place.url}/v1/report"
                async with session.post(url, data=BODY, headers=own) as answer:
                    await answer.read()
                    assert answer.status == 200, answer.status
                count += 1

        begun, cpu = time.perf_counter(), cpu_s(place.process)
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        took = time.perf_counter() - begun
    return Measured(count / took, (cpu_s(place.process) - cpu) / count * 1e6)


def prepare(url: str) -> str:
    """A price, and an account with credit; its key."""
    with httpx.Client(base_url=url, headers={"x-operator-key": OPERATOR}) as operator:
        operator.put("/v2/operator/prices", json={"prices": [{"sku": "report", "credits": 0.01}]})
        account = operator.post("/v2/operator/accounts", json={"name": "Bench"}).json()["id"]
        place = f"/v2/operator/accounts/{account}"
        operator.post(f"{place}/credits", json={"cents": 10**9, "reason": "bench"})
        return str(operator.post(f"{place}/keys", json={}).json()["key"])


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    started: list[subprocess.Popen[str]] = []

    def process(*words: str, **environment: str) -> Place:
        made = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(made)
        assert made.stdout is not None
        for line in made.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return Place(made.pid, found[0])
        raise AssertionError("it ended before it listened")

    with tempfile.TemporaryDirectory() as folder:
        try:
            far = process("benchmarks.proxy", "upstream")
            routes = Path(folder) / "routes.toml"
            routes.write_text(ROUTES.format(url=far.url), "utf-8")
            database = os.environ.get("PREPAID_BENCH_DATABASE_URL", f"sqlite:///{folder}/b.db")
            service = process(
                "prepaid",
                "serve",
                PREPAID_DATABASE_URL=database,
                PREPAID_OPERATOR_KEY=OPERATOR,
                PREPAID_SECRET_KEY="secret-key-of-the-bench-0123456789abcdef",
                PREPAID_PORT="0",
                PREPAID_ROUTES=str(routes),
            )
            report(far, service, rounds, seconds, database.partition(":")[0])
        finally:
            for made in started:
                made.terminate()
                made.wait(30)


def report(far: Place, service: Place, rounds: int, seconds: float, kind: str) -> None:
    key = prepare(service.url)
    tries = {"direct": (far, False), "proxied": (service, False), "kept": (service, True)}
    found: dict[str, list[Measured]] = {name: [] for name in tries}
    for place in (far, service):
        asyncio.run(measure(place, key, 1.0))
    for _ in range(rounds):
        for name, (place, kept) in tries.items():
            found[name].append(asyncio.run(measure(place, key, seconds, kept=kept)))
    print(f"{kind}, {CLIENTS} clients, median of {rounds} alternating rounds")
    for name, rows in found.items():
        per_s = statistics.median(row.per_s for row in rows)
        cpu_us = statistics.median(row.cpu_us for row in rows)
        pairs = zip(rows, found["direct"], strict=True)
        ratio = statistics.median(one.per_s / direct.per_s for one, direct in pairs)
        print(f"  {name:8}{per_s:8.0f} requests/s, {ratio:.2f} of direct, {cpu_us:.0f} us of CPU")


if __name__ == "__main__":
    if sys.argv[1:] == ["upstream"]:
        asyncio.run(upstream())
    else:
        main()
