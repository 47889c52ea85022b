"""A closed-loop HTTP client in a process of its own: 64 connections, one request each at a time.

    python -m benchmarks.load HOST PORT PATH SECONDS BODY_FILE [HEADER ...]

prints one JSON line: requests per second, median and 99th percentile in milliseconds, statuses.
Every request carries a random idempotency key.
"""

import asyncio
import json
import secrets
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

CONNECTIONS = 64


class Client(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last is whole."""

    def __init__(self, head: bytes, tail: bytes, stop_at: float) -> None:
        self.times: list[float] = []
        self.statuses: Counter[bytes] = Counter()
        self.done = asyncio.get_running_loop().create_future()
        self._head, self._tail, self._stop_at = head, tail, stop_at
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._head + secrets.token_hex(16).encode() + self._tail)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        now = time.perf_counter()
        self.times.append(now - self._sent)
        self.statuses[head[9:12]] += 1
        self._buffer = b""
        if now < self._stop_at:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)


async def run(host: str, port: int, path: str, seconds: float, body: bytes, *headers: str) -> None:
    extra = "".join(f"{header}\r\n" for header in headers)
    head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\n{extra}content-type: application/json\r\n"
    start = (head + f"content-length: {len(body)}\r\nidempotency-key: ").encode()
    begun = time.perf_counter()
    clients: list[Client] = []
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        client = Client(start, b"\r\n\r\n" + body, begun + seconds)
        await loop.create_connection(partial(_same, client), host, port)
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    lasted = time.perf_counter() - begun
    times = sorted(one for client in clients for one in client.times)
    statuses = sum((client.statuses for client in clients), Counter())
    result = {
        "requests": len(times),
        "per_second": len(times) / lasted,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "statuses": {status.decode(): count for status, count in statuses.items()},
    }
    sys.stdout.write(json.dumps(result) + "\n")


def _same(client: Client) -> Client:
    return client


def main() -> None:
    host, port, path, seconds, body_file, *headers = sys.argv[1:]
    body = Path(body_file).read_bytes()
    uvloop.run(run(host, int(port), path, float(seconds), body, *headers))


if __name__ == "__main__":
    main()
