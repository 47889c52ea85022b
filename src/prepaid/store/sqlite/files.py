"""The SQLite file as a file: whose it is, and which process may write it."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class FileInUse(Exception):
    """Another process writes this file; ask it over HTTP instead."""


def make_private(path: Path) -> None:
    """Make the file for this user alone; SQLite gives the log beside it the same mode."""
    # One that is there is not even opened: closing it would drop the locks on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


class WriteLock:
    """Held by the one process that writes the file, for as long as it lives."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            message = f"{path} is in use by another prepaid process"
            raise FileInUse(message) from error

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)
