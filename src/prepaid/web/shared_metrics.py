"""What the processes of one `serve` count together: a folder, with a place for each of them.

Each writes into files of its own, mapped into its memory, and whoever is asked adds them up.
"""

import fcntl
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from prepaid.web.metrics import Metrics, Reading

PLACES_MAX = 1_024
FILE_BYTES = 65_536  # several times of what is counted by status and class
COUNTERS = "counter"
#: How what a gauge says of each living process becomes one figure.
LIVE: dict[str, Literal["livesum", "livemax"]] = {"gauge": "livesum", "gauge_of_all": "livemax"}


class Folder:
    """Where they count. A place outlives who has it: the next one there counts on.

    So the sum never falls, and there are no more files than there were processes at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[int] = []  # locks, until this process ends in whatever way

    def enter(self) -> None:
        """Take a place, and have everything that is made from here on counted in its files."""
        number = next(number for number in range(PLACES_MAX) if self._takes(number))
        for kind in (COUNTERS, *(f"gauge_{mode}" for mode in LIVE.values())):
            self._prepare(self._path / f"{kind}_{number}.db")
        mapped = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
        values.ValueClass = mapped

    def text(self) -> bytes:
        """The sum of all, in the exposition format."""
        for path in self._path.glob("*.lock"):
            lock = self._lock(int(path.stem))
            if lock is not None:  # nobody is there any more
                os.close(lock)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._path))  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def _takes(self, number: int) -> bool:
        lock = self._lock(number)
        if lock is not None:
            self._held.append(lock)
        return lock is not None

    def _lock(self, number: int) -> int | None:
        """The lock of a place that nobody has, where the last one's gauges are forgotten."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        lock = os.open(self._path / f"{number}.lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        mark_process_dead(number, str(self._path))  # type: ignore[no-untyped-call]
        return lock

    @staticmethod
    def _prepare(path: Path) -> None:
        # Somebody may read at any time, and a file that is being made has no first line yet. It is
        # written out, so that a full disk is met here: in mapped memory it would end the process.
        if not path.exists():
            fresh = path.with_suffix(".fresh")
            fresh.write_bytes(bytes(FILE_BYTES))
            fresh.rename(path)


class SharedMetrics(Metrics):
    """The metrics of all processes of one `serve`."""

    def __init__(self, read: Callable[[], Iterable[Reading]], folder: Folder) -> None:
        folder.enter()
        super().__init__(read)
        self._read = read
        self._folder = folder
        self._gauges: dict[str, Gauge] = {}
        self._counters: dict[str, Counter] = {}
        self._told: dict[tuple[str, str], float] = {}  # by counter and class

    def text(self) -> bytes:
        """Everybody's, in the exposition format."""
        self.tell()
        return self._folder.text()

    def tell(self) -> None:
        """Copy what is only read when asked to where the others see it."""
        for kind, name, text, value in self._read():
            if kind in LIVE:
                self._gauge(kind, name, text).set(_number(value))
            else:
                self._count(name, text, value)

    def _gauge(self, kind: str, name: str, text: str) -> Gauge:
        if name not in self._gauges:
            mode = LIVE[kind]
            self._gauges[name] = Gauge(name, text, registry=None, multiprocess_mode=mode)
        return self._gauges[name]

    def _count(self, name: str, text: str, value: float | dict[str, float]) -> None:
        by_class = value if isinstance(value, dict) else {"": value}
        if name not in self._counters:
            labels = ["class"] if isinstance(value, dict) else []
            self._counters[name] = Counter(name, text, labels, registry=None)
        counter = self._counters[name]
        for label, now in by_class.items():
            # Added, not set: the place may have counted before this process had it.
            (counter.labels(label) if label else counter).inc(
                now - self._told.get((name, label), 0)
            )
            self._told[name, label] = now


def _number(value: float | dict[str, float]) -> float:
    assert not isinstance(value, dict), "gauges have no classes"
    return value
