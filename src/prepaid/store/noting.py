"""A line of the audit log that waits for the transaction of the change it tells of."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import Connection

from prepaid.domain.instants import Instant
from prepaid.store import audit
from prepaid.store.audit import Line


@dataclass
class Note:
    """A line, and whether a transaction has kept it."""

    line: Line
    is_kept: bool = False


_waiting: ContextVar[Note | None] = ContextVar("prepaid_note", default=None)


@contextmanager
def pending(line: Line) -> Iterator[Note]:
    """The first transaction that is written inside the block keeps the line as well."""
    note = Note(line)
    token = _waiting.set(note)
    try:
        yield note
    finally:
        _waiting.reset(token)


def waiting() -> Note | None:
    """The note that the transaction about to begin keeps."""
    note = _waiting.get()
    return None if note is None or note.is_kept else note


def keep(connection: Connection, note: Note, at: Instant) -> None:
    """Add the line to the transaction; the note is kept once it has been committed."""
    audit.add(connection, note.line, at)
