"""How far an import came: a small file beside the input, written after each committed piece.

It only saves time. Without it an import starts over, and its keys keep it from charging twice.
"""

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar

import msgspec
from msgspec import Struct

from prepaid.commands.usage_lines import Fault

T = TypeVar("T")


class InUse(Exception):
    """Another import of this file is running."""


class Begun(Struct, frozen=True):
    """What is imported, and how: a journal of anything else is not continued."""

    sha256: str
    account: str
    columns: dict[str, str]


class Piece(Struct, frozen=True):
    """What became of the lines up to `line`, since the piece before."""

    line: int
    read: int
    charged: int
    replayed: int
    micros: int  # charged now or before
    refused: list[Fault]


class Journal:
    """The journal of one import. Where none can be kept, it is kept nowhere."""

    def __init__(self, path: Path, begun: Begun) -> None:
        """Open the journal beside an input file.

        Raises:
            InUse: another process writes it.
        """
        self.path = path.with_name(f"{path.name}.progress")
        self._begun = begun
        self._file: IO[bytes] | None = None
        try:
            self._file = self.path.open("a+b")
        except OSError:  # a folder that cannot be written: the import is possible all the same
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise InUse from error

    def pieces(self) -> Iterator[Piece]:
        """What an interrupted import of the same file did; afterwards pieces can be added."""
        if self._file is None:
            return
        self._file.seek(0)
        end = 0
        if _decode(self._file.readline(), Begun) == self._begun:
            end = self._file.tell()
            while piece := _decode(self._file.readline(), Piece):
                end = self._file.tell()
                yield piece
        # Whatever follows was cut short by the interruption, or belongs to another import.
        self._file.truncate(end)
        if end == 0:
            self._write(self._begun)

    def add(self, piece: Piece) -> None:
        """Note a piece that is committed."""
        self._write(piece)

    def _write(self, value: Struct) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(value) + b"\n")
            self._file.flush()

    def close(self, *, is_complete: bool) -> None:
        """End it; a complete import needs it no more."""
        if self._file is None:
            return
        if is_complete:
            self.path.unlink(missing_ok=True)
        self._file.close()


def _decode(line: bytes, kind: type[T]) -> T | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.DecodeError:
        return None
