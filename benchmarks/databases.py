"""New databases for benchmarks: SQLite files on the disk, and PostgreSQL as it is delivered.

The server is the one that `PREPAID_BENCH_DATABASE_URL` names, else the wheel's, with its data on
the same disk as the files.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prepaid.store.migrate import upgrade
from tests import postgres

SERVER = "PREPAID_BENCH_DATABASE_URL"
KINDS = ("sqlite", "postgresql")


@contextmanager
def server() -> Iterator[str]:
    """URL of the server. The wheel's is used by whatever runs inside, and stopped afterwards."""
    if given := os.environ.get(SERVER):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="prepaid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server's own user must reach its data
        url = postgres.start(folder / "data")
        os.environ[SERVER] = url
        try:
            yield url
        finally:
            del os.environ[SERVER]
            _stop(folder / "data" / "postmaster.pid")


def _stop(note: Path) -> None:
    os.kill(int(note.read_text("ascii").split()[0]), signal.SIGINT)
    while note.exists():
        time.sleep(0.05)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """URL of a new database with every table."""
    with empty(kind) as url:
        upgrade(url)
        yield url


@contextmanager
def empty(kind: str) -> Iterator[str]:
    """URL of a new database with nothing in it."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="prepaid-bench-") as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    with server() as url, postgres.database(url) as made:
        yield made
