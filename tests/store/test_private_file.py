"""The SQLite file holds keys of customers: no other user of the machine reads it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from prepaid.store.migrate import upgrade
from prepaid.store.sqlite.database import connect

ENDED_S = 30
TAKE = """
import fcntl, sys
shared = (510, 0x40000002)  # the bytes on which SQLite keeps the locks of who reads
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *shared)
"""


def modes(folder: Path) -> dict[str, int]:
    """The rights to each file."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_the_file_and_its_log_are_for_their_user_alone(tmp_path: Path) -> None:
    """Whatever the machine gives new files: here, everything to everybody."""
    before = os.umask(0)
    try:
        path = tmp_path / "new.db"
        upgrade(f"sqlite:///{path}")
        writer = connect(path, read_only=False)
        writer.execute("CREATE TABLE more (id INTEGER)")
        found = modes(tmp_path)
        writer.close()
    finally:
        os.umask(before)

    assert {"new.db", "new.db-wal", "new.db-shm", "new.db.lock"} <= found.keys()
    assert set(found.values()) == {0o600}


def test_looking_for_the_file_does_not_drop_the_locks_on_it(tmp_path: Path) -> None:
    """A process that closes any handle on a file loses its locks: others could have it alone."""
    path = tmp_path / "new.db"
    writer = connect(path, read_only=False)
    writer.execute("CREATE TABLE more (id INTEGER)")
    connect(path, read_only=False).close()
    other = subprocess.run(
        [sys.executable, "-c", TAKE, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDED_S,
    )
    writer.close()

    assert "BlockingIOError" in other.stderr, "another process took the file"
