"""A disk in memory under SQLite, whose power can be cut: what was not synced is lost or torn.

Every write, sync and acknowledged COMMIT of a run is noted in order. From the notes, the disk as a
cut at any of these moments could have left it is put together: what was synced is there; of each
later write the sectors may have arrived or not, each by itself and in no order.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

import apsw

SECTOR = 512


class Event(NamedTuple):
    """Something that happened to the disk, or a COMMIT that was acknowledged."""

    kind: Literal["write", "truncate", "sync", "commit"]
    file: str = ""
    offset: int = 0  # or the new size
    data: bytes = b""


class Failing(Exception):
    """The disk says no, once."""


class Disk(apsw.VFS):
    """The files of one database."""

    def __init__(self, name: str, files: dict[str, bytes], fails_at: int | None = None) -> None:
        self.name = name
        self.files = {path: bytearray(data) for path, data in files.items()}
        self.events: list[Event] = []
        self.fails_at = fails_at
        self._calls = 0
        super().__init__(name, "")

    def note(self, event: Event) -> None:
        """Keep what happens; an I/O error in place of the call whose turn it is."""
        if event.kind != "commit":
            self._calls += 1
            if self._calls == self.fails_at:
                raise apsw.IOError("the disk failed")
        self.events.append(event)

    def xOpen(self, name: object, flags: list[int]) -> "File":  # noqa: N802 - SQLite's name
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name)).name
        flags[1] = flags[0]
        self.files.setdefault(path, bytearray())
        return File(self, path)

    def xAccess(self, pathname: str, _flags: int) -> bool:  # noqa: N802
        return Path(pathname).name in self.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return f"/{Path(name).name}"

    def xDelete(self, filename: str, _syncdir: bool) -> None:  # noqa: N802
        self.files.pop(Path(filename).name, None)


class File(apsw.VFSFile):
    """One open file: as SQLite calls it."""

    def __init__(self, disk: Disk, path: str) -> None:  # the base would open a real one
        self._disk, self._path = disk, path

    @property
    def _data(self) -> bytearray:
        return self._disk.files[self._path]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._data[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.note(Event("write", self._path, offset, bytes(data)))
        _write(self._data, offset, data)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.note(Event("truncate", self._path, size))
        del self._data[size:]

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._disk.note(Event("sync", self._path))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._data)

    def xClose(self) -> None:  # noqa: N802
        """Nothing is left open."""

    def xLock(self, _level: int) -> None:  # noqa: N802
        """Nobody else is there."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """As above."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _op: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE  # as SQLite takes disks to be


def _write(data: bytearray, offset: int, piece: bytes) -> None:
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(piece)] = piece


def after_cut(files: dict[str, bytes], events: Sequence[Event], dice: Random) -> dict[str, bytes]:
    """The files after these events and a power cut."""
    left = {path: bytearray(data) for path, data in files.items()}
    synced = {
        path: max((n for n, one in enumerate(events) if one[:2] == ("sync", path)), default=-1)
        for path in {one.file for one in events if one.file}
    }
    fate = dice.choice(("all", "none", "torn", "torn"))
    for n, event in enumerate(events):
        if event.kind in ("sync", "commit"):
            continue
        data = left.setdefault(event.file, bytearray())
        is_safe = n < synced[event.file]
        if event.kind == "truncate":
            if is_safe or fate == "all" or (fate == "torn" and dice.random() < 0.5):
                del data[event.offset :]
        elif is_safe:
            _write(data, event.offset, event.data)
        else:
            _arrive(data, event, fate, dice)
    return {path: bytes(data) for path, data in left.items()}


def _arrive(data: bytearray, event: Event, fate: str, dice: Random) -> None:
    """Some sectors of a write that was not synced."""
    if fate == "none":
        return
    first = event.offset
    while first < event.offset + len(event.data):
        end = min((first // SECTOR + 1) * SECTOR, event.offset + len(event.data))
        if fate == "all" or dice.random() < 0.5:
            _write(data, first, event.data[first - event.offset : end - event.offset])
        first = end
