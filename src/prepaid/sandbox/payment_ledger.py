"""What the sandbox's payment provider remembers: in memory, or in a file shared by processes.

The file is lines of JSON that are only ever added to, under an exclusive lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from prepaid.domain.ids import AccountId
from prepaid.domain.topups.answers import Answer
from prepaid.store import guard

Status = Literal["succeeded", "requires_action", "canceled"]


class Payment(Struct, frozen=True, kw_only=True, tag=True):
    """One payment at the provider. A later line about the same id replaces an earlier one."""

    id: str  # `pi_…`
    key: str  # of the attempt
    account: AccountId
    customer: str
    method: str
    price: int  # minor units
    currency: str
    status: Status
    code: str | None = None  # why it was not paid


class Request(Struct, frozen=True):
    """What was asked under a key."""

    customer: str
    method: str
    price: int
    currency: str


class Stored(Struct, frozen=True, tag=True):
    """The answer to everybody who asks under a key."""

    key: str
    request: Request
    answer: Answer


Line = Payment | Stored

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def payment_file(named: str, database: Path | None) -> Path | None:
    """Where the ledger is: as it was named, else beside a database file, else in memory."""
    if named:
        return Path(named)
    return None if database is None else database.with_name(f"{database.name}.payments.jsonl")


class PaymentLedger:
    """Payments by id and answers by key. Read and written only inside `open`."""

    def __init__(self, path: Path | None = None) -> None:
        self.payments: dict[str, Payment] = {}
        self.answers: dict[str, Stored] = {}
        self._path = path
        self._read_to = 0  # bytes of the file
        self._new: list[Line] = []

    @contextmanager
    def open(self) -> Iterator["PaymentLedger"]:
        """Alone with the ledger: what others wrote is read first, what is new is added at the end.

        Of one opening the file has all lines or, after a crash, none.

        Raises:
            OSError: the file cannot be read or written.
        """
        guard.assert_no_transaction()
        self._new.clear()
        if self._path is None:
            yield self
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._read(descriptor)
            yield self
            self._append(descriptor)
        finally:
            os.close(descriptor)

    def write(self, line: Line) -> None:
        """Add a line."""
        self._new.append(line)
        self._learn(line)

    def _learn(self, line: Line) -> None:
        if isinstance(line, Payment):
            self.payments[line.id] = line
        else:
            self.answers[line.key] = line

    def _read(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, size - self._read_to, self._read_to)
        # One opening ends with an empty line. What comes after the last one is of a process
        # that died while it wrote.
        whole = data.rfind(b"\n\n") + 2 if b"\n\n" in data else 0
        for line in data[:whole].split(b"\n"):
            if line:
                self._learn(_decode(line))
        self._read_to += whole
        if self._read_to < size:
            os.ftruncate(descriptor, self._read_to)

    def _append(self, descriptor: int) -> None:
        if not self._new:
            return
        data = b"".join(_encode(line) + b"\n" for line in self._new) + b"\n"
        if os.pwrite(descriptor, data, self._read_to) != len(data):
            raise OSError(f"{self._path} has no room")  # what was written is cut off later
        self._read_to += len(data)
