"""Ledger entries: append-only lines that changed a balance, chained by SHA-256."""

from hashlib import sha256
from struct import Struct as Packer
from typing import Literal

from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant

Kind = Literal["hold", "adjustment", "release", "refund", "grant", "correction", "topup"]
USAGE_KINDS: frozenset[Kind] = frozenset(("hold", "adjustment", "release", "refund"))
CHAIN_START = bytes(32)

_FIELDS = Packer(">QQqqqQ")  # account, seq, at, amount, balance, charge (0 for none)


class Entry(Struct, frozen=True):
    """A line that changed the balance; never updated, never deleted."""

    account: AccountId
    seq: Seq  # of the command that wrote it
    at: Instant  # when it was written, by the account's clock
    kind: Kind
    amount: Micros  # signed: negative leaves the account
    balance: Micros  # after it
    charge: Seq | None  # the charge it belongs to
    note: str | None  # why, for what people did by hand
    hash: bytes  # SHA-256 over the entry before and this one


def link(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry, given the hash of the one before it in its account."""
    numbers = _FIELDS.pack(
        entry.account, entry.seq, entry.at, entry.amount, entry.balance, entry.charge or 0
    )
    words = f"{entry.kind}\n{entry.note or ''}".encode()
    return sha256(previous + numbers + words).digest()


def chain(  # noqa: PLR0913 - one argument per column
    previous: bytes,
    *,
    account: AccountId,
    seq: Seq,
    at: Instant,
    kind: Kind,
    amount: Micros,
    balance: Micros,
    charge: Seq | None = None,
    note: str | None = None,
) -> Entry:
    """A new entry, linked to the one before it."""
    numbers = _FIELDS.pack(account, seq, at, amount, balance, charge or 0)
    words = f"{kind}\n{note or ''}".encode()
    digest = sha256(previous + numbers + words).digest()
    return Entry(account, seq, at, kind, amount, balance, charge, note, digest)
