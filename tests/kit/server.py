"""The real service as processes of its own, to be asked over HTTP and killed at will."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from tests.kit.shop import OPERATOR_KEY, SECRET_KEY

START_S = 30
STOP_S = 30


@dataclass
class Server:
    """A running `prepaid serve`."""

    process: subprocess.Popen[str]
    url: str
    metrics: str = ""  # on the port of its own, if there is one

    def kill(self) -> None:
        """`kill -9` of the whole process group: nothing gets to say goodbye."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """A polite stop; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)


def start(database_url: str, *arguments: str, **environment: str) -> Server:
    """`prepaid serve` on a free port; returns when it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "serve", *arguments],
        env=os.environ
        | {
            "PREPAID_DATABASE_URL": database_url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
            "PREPAID_PORT": "0",
        }
        | environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    metrics = ""
    for line in process.stdout:
        if line.startswith("Metrics on "):
            metrics = line.removeprefix("Metrics on ").strip()
        if line.startswith("Listening on "):
            return Server(process, line.removeprefix("Listening on ").strip(), metrics)
    message = f"serve ended with {process.wait(START_S)} before it listened"
    raise AssertionError(message)


@contextmanager
def served(database_url: str, *arguments: str, **environment: str) -> Iterator[Server]:
    """A server for the length of a test."""
    with TemporaryDirectory() as left_behind:  # what a killed one cannot take with it
        server = start(database_url, *arguments, **{"TMPDIR": left_behind} | environment)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.kill()
            assert server.process.stdout is not None
            server.process.stdout.close()
