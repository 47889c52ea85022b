"""`POST /v2/operator/charges` (settle true, one hot account) against a no-op in the same process.

    python -m benchmarks.charge_http [ROUNDS] [SECONDS] [sqlite | postgresql]

Durable, random idempotency keys, every notification on, 64 clients in another process; rounds
alternate.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from benchmarks import databases, figures

RATE_MIN, CPU_MAX, P99_MS = 0.7, 1.6, 25
OPERATOR = "operator-key-of-the-bench"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
EVERYTHING_ON = {
    "lowBalanceEnabled": True,
    "globalHighUsageEnabled": True,
    "highUsageEnabled": True,
    "globalHighUsagePeriodMinutes": 43_200,
    "highUsagePeriodMinutes": 43_200,
}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def prepare(url: str) -> str:
    """An account with credit and every notification on; its id."""
    with httpx.Client(base_url=url, headers={"x-operator-key": OPERATOR}) as operator:
        body = {"name": "Bench", "sandbox": False}
        account = operator.post("/v2/operator/accounts", json=body).json()["id"]
        base = f"/v2/operator/accounts/{account}"
        operator.post(f"{base}/credits", json={"cents": 10**9, "reason": "bench"})
        key = operator.post(f"{base}/keys", json={}).json()["key"]
        answer = httpx.patch(
            f"{url}/v2/billing/notifications/config",
            headers={"x-api-key": key},
            json=EVERYTHING_ON,
        )
        assert answer.status_code == 200, answer.text
    return str(account)


def measure(port: str, path: str, pid: int, seconds: float, body: str) -> dict[str, float]:
    before = cpu_seconds(pid)
    command = [sys.executable, "-m", "benchmarks.load", "127.0.0.1", port, path, str(seconds)]
    done = subprocess.run(
        [*command, body, f"x-operator-key: {OPERATOR}"], capture_output=True, check=True, text=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    assert set(result["statuses"]) == {"201"}, result  # type: ignore[call-overload]
    result["cpu_us"] = (cpu_seconds(pid) - before) / result["requests"] * 1e6
    return result


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    kind = sys.argv[3] if len(sys.argv) > 3 else "sqlite"
    with tempfile.TemporaryDirectory() as folder, databases.database(kind) as url:
        settings = {"PREPAID_DATABASE_URL": url, "PREPAID_OPERATOR_KEY": OPERATOR}
        settings["PREPAID_SECRET_KEY"] = "secret-key-of-the-bench-0123456789abcdef"
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served"],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        try:
            account = prepare(f"http://127.0.0.1:{port}")
            body = Path(folder) / "body.json"
            wanted = {"accountId": account, "sku": "bench", "credits": 0.01, "settle": True}
            body.write_text(json.dumps(wanted), "utf-8")
            report(port, server.pid, rounds, seconds, str(body), url.partition(":")[0])
        finally:
            server.terminate()
            server.wait(30)


def report(port: str, pid: int, rounds: int, seconds: float, body: str, kind: str) -> None:
    for path in ("/noop", "/v2/operator/charges"):
        measure(port, path, pid, 1.0, body)
    noop, charge = [], []
    for _ in range(rounds):
        noop.append(measure(port, "/noop", pid, seconds, body))
        charge.append(measure(port, "/v2/operator/charges", pid, seconds, body))
    print(f"{kind}, median of {rounds} alternating rounds")
    for name, results in (("no-op", noop), ("charge", charge)):
        shown = {k: statistics.median(r[k] for r in results) for k in ("per_second", "cpu_us")}
        p99 = statistics.median(r["p99_ms"] for r in results)
        print(
            f"  {name:7} {shown['per_second']:8.0f}/s {shown['cpu_us']:6.0f} us {p99:6.1f} ms p99"
        )
    pairs = list(zip(charge, noop, strict=True))
    rate = statistics.median(c["per_second"] / n["per_second"] for c, n in pairs)
    cpu = statistics.median(c["cpu_us"] / n["cpu_us"] for c, n in pairs)
    p99 = statistics.median(c["p99_ms"] for c in charge)
    name = f"charge over HTTP, {kind}, against a no-op"
    found = f"{rate:.2f} of its requests/s, {cpu:.2f} x its CPU, {p99:.0f} ms"
    is_met = rate >= RATE_MIN and cpu <= CPU_MAX and p99 <= P99_MS
    figures.tell(name, found, f">= {RATE_MIN}, <= {CPU_MAX} x, <= {P99_MS} ms", is_met=is_met)


if __name__ == "__main__":
    main()
