"""A copy of the SQLite file, made beside the process that writes it. Knows no table."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from pysqlite3 import dbapi2

from prepaid.store.sqlite import database as sqlite
from prepaid.store.sqlite.files import make_private

PAGES_AT_ONCE = 1_024  # 4 MiB between two words about how far it is


class NotCopied(Exception):
    """There is no sound copy: what was read is damaged, or no database, or the disk is full."""


def copy(source: Path, target: Path, on_progress: Callable[[int, int], None]) -> int:
    """Copy one snapshot to a new file, check the copy, and only then give it its name.

    Whoever writes goes on; until the end, the log beside the file is not emptied past the
    snapshot. `on_progress` is told how many pages are done, and of how many.

    Returns:
        The size of the copy in bytes.

    Raises:
        NotCopied: there is no sound copy; nothing is left behind.
        OSError: the file is there already, or cannot be written.
    """
    if target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    # A folder for this user alone, so that half a copy is neither read nor taken for a whole one.
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        part = Path(folder) / target.name
        make_private(part)
        try:
            _copy(source, part, on_progress)
            _check(part)
        except dbapi2.Error as error:
            raise NotCopied(str(error)) from error
        _sync(part)
        part.rename(target)
    _sync(target.parent)
    return target.stat().st_size


def _copy(source: Path, part: Path, on_progress: Callable[[int, int], None]) -> None:
    reading = sqlite.connect(source, read_only=True)
    writing = dbapi2.connect(str(part), isolation_level=None)
    try:
        # A snapshot held from here to the end: else every commit of the server would start the
        # copy anew, and under load it would not end.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(
            writing,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, left, total: on_progress(total - left, total),
        )
        # One file by itself, which can be read where nothing can be written.
        writing.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        writing.close()
        reading.close()


def _check(part: Path) -> None:
    connection = dbapi2.connect(str(part), isolation_level=None)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    finally:
        connection.close()
    if found != "ok":
        raise NotCopied(str(found))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
