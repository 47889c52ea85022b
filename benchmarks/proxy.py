"""Requests per second through the proxy, against the same upstream asked directly by aiohttp.

    python -m benchmarks.proxy [ROUNDS] [SECONDS]

The upstream, the service and the clients are three processes; rounds alternate. Every request
through the proxy is reserved and settled durably, on a new SQLite file or, when
`PREPAID_BENCH_DATABASE_URL` names one, on PostgreSQL.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


async def measure(url: str, key: str, seconds: float) -> float:
    """Requests per second of 64 clients, one request each at a time."""
    count = 0
    stop_at = time.perf_counter() + seconds
    headers = {"x-api-key": key, "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def client() -> None:
            nonlocal count
            while time.perf_counter() < stop_at:
                async with session.post(f"{url}/v1/report", data=BODY) as answer:
                    await answer.read()
                    assert answer.status == 200, answer.status
                count += 1

        begun = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return count / (time.perf_counter() - begun)


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

    def process(*words: str, **environment: str) -> str:
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
                return found[0]
        raise AssertionError("it ended before it listened")

    with tempfile.TemporaryDirectory() as folder:
        try:
            far = process("benchmarks.proxy", "upstream")
            routes = Path(folder) / "routes.toml"
            routes.write_text(ROUTES.format(url=far), "utf-8")
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


def report(far: str, service: str, rounds: int, seconds: float, kind: str) -> None:
    key = prepare(service)
    direct, proxied = [], []
    for url in (far, service):
        asyncio.run(measure(url, key, 1.0))
    for _ in range(rounds):
        direct.append(asyncio.run(measure(far, key, seconds)))
        proxied.append(asyncio.run(measure(service, key, seconds)))
    print(f"{kind}, {CLIENTS} clients, median of {rounds} alternating rounds")
    print(f"  direct  {statistics.median(direct):8.0f} requests/s")
    print(f"  proxied {statistics.median(proxied):8.0f} requests/s, each reserved and settled")
    ratio = statistics.median(p / d for p, d in zip(proxied, direct, strict=True))
    print(f"  ratio   {ratio:8.2f}, {1e6 / statistics.median(proxied):.0f} us of wall per request")


if __name__ == "__main__":
    if sys.argv[1:] == ["upstream"]:
        asyncio.run(upstream())
    else:
        main()
