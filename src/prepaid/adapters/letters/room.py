"""Writes every letter there is, from what is kept of its cause."""

from prepaid.adapters.letters.catalogue import read
from prepaid.adapters.letters.writer import LetterWriter
from prepaid.domain.addressees import Addressee
from prepaid.domain.instants import Instant


class LetterRoom:
    """Fulfils `Letters`."""

    def __init__(self, writer: LetterWriter) -> None:
        self._writer = writer

    def write(self, kind: str, facts: bytes, to: Addressee, *, key: str, at: Instant) -> bytes:
        """The finished message; see `Letters`."""
        return self._writer.write(read(kind, facts, to.workspace).view(), to, key=key, at=at)
