"""How a process counts: alone or with others, and where it is asked beside the main port."""

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from prepaid import settings, worker
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.flows.desk import Desk
from prepaid.store.vault import Vault
from prepaid.web import metrics_door
from prepaid.web.metrics import Metrics, Reading
from prepaid.web.shared_metrics import Folder, SharedMetrics
from prepaid.web.strict_wire import StrictProtocol

TELL_EVERY_S = 0.5
GRACE_S = 5  # for answers in flight when the port is given up


@dataclass(frozen=True)
class Counting:
    """What a process is told about its metrics; handed on from `serve` to its processes."""

    together: Path | None = None  # the folder in which several count; None: this one alone
    port: socket.socket | None = None  # listens for those who watch, and for nobody else


ALONE = Counting()


@contextmanager
def kept(folder: Path) -> Iterator[Path]:
    """Hold a lock on a folder, which those who tidy temporary files take for a word to leave it."""
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def metrics(desk: Desk, rooms: Iterable[PostRoom], counting: Counting) -> Metrics:
    """The metrics of this process, or of all that count together with it."""

    def read() -> Iterable[Reading]:
        yield from readings(desk.vault)
        for room in rooms:
            yield from room.readings()

    if counting.together is None:
        return Metrics(read)
    settings.hand_on("PROMETHEUS_MULTIPROC_DIR", str(counting.together))
    return SharedMetrics(read, Folder(counting.together))


def readings(vault: Vault) -> Iterable[Reading]:
    """What the writers have done."""
    writers = vault.writers
    yield "gauge", "prepaid_commands_waiting", "Waiting", sum(w.depth for w in writers)
    yield "counter", "prepaid_batches", "Batches committed", sum(w.batches for w in writers)
    yield "counter", "prepaid_commands", "Commands answered", sum(w.commands for w in writers)


@asynccontextmanager
async def counted(desk: Desk, counts: Metrics, counting: Counting) -> AsyncIterator[None]:
    """Tell the other processes, and answer on the port for those who watch, during the block."""
    async with _telling(counts), _answering(desk, counts, counting.port):
        yield


@asynccontextmanager
async def _telling(counts: Metrics) -> AsyncIterator[None]:
    if not isinstance(counts, SharedMetrics):
        yield
        return

    async def tell() -> int:
        counts.tell()
        return 0

    stop = asyncio.Event()
    job = worker.Job("tell what is counted", TELL_EVERY_S, tell)
    telling = asyncio.create_task(worker.run([job], stop), name="telling")
    try:
        yield
    finally:
        stop.set()
        await telling
        counts.tell()  # what the end of the work has added


@asynccontextmanager
async def _answering(
    desk: Desk, counts: Metrics, port: socket.socket | None
) -> AsyncIterator[None]:
    if port is None:
        yield
        return
    config = uvicorn.Config(
        metrics_door.build(desk, counts),
        http=StrictProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Beside(config)
    answering = asyncio.create_task(server.serve(sockets=[port]), name="metrics port")
    try:
        yield
    finally:
        server.should_exit = True
        await answering


class _Beside(uvicorn.Server):
    """A server that leaves the signals to whoever runs the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
