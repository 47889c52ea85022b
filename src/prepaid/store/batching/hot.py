"""What the hot path needs of a database: lock accounts, load their state, save, commit.

Two thin implementations exist, for SQLite and PostgreSQL. All decisions are made between `load`
and `save`, in the domain; a store only fetches and writes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

from prepaid.domain.accounts import Account
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book, Stored
from prepaid.domain.charges import Charge
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import Instant
from prepaid.domain.windows import Slice, Window

T = TypeVar("T")


class Clock(NamedTuple):
    """The clock and the price list's epoch, read after the lock."""

    now: Instant
    price_epoch: int


class KeyAt(NamedTuple):
    """Where an idempotency key is looked up."""

    account: AccountId
    route: str
    key: str


class Due(NamedTuple):
    """Open holds of an account that have expired, and when the next one will."""

    account: AccountId
    charges: list[Charge]
    next_at: Instant | None


class Unavailable(Exception):
    """The database cannot be reached or cannot write; trying again later can help."""


class OutcomeUnknown(Unavailable):
    """The database went away during COMMIT and has not come back: it may have taken effect."""


class CommitLost(Exception):
    """The connection broke during COMMIT: whether it took effect is not known yet."""


class HotTransaction(Protocol):
    """One open transaction of the batching writer."""

    async def lock(self, accounts: Sequence[AccountId]) -> dict[AccountId, Account]:
        """Lock the accounts in id order and load their rows; unknown ones are left out."""

    async def clock(self) -> Clock:
        """The clock and price epoch. Asked after `lock`, so that order and time agree."""

    async def keys(self, wanted: Sequence[KeyAt]) -> dict[KeyAt, Stored]:
        """Idempotency keys that were used before."""

    async def charges(self, wanted: Sequence[tuple[AccountId, Seq]]) -> list[Charge]:
        """Charges by account and sequence number; unknown ones are left out."""

    async def due(self, account: AccountId, now: Instant, most: int) -> Due:
        """At most `most` due holds of one account, in expiry order."""

    async def windows(self, wanted: Sequence[tuple[AccountId, int]]) -> list[Window]:
        """Spend windows by account and scope; unopened ones are left out."""

    async def sums(self, slices: Sequence[Slice]) -> list[Micros]:
        """The sum of spend rows in each slice."""

    async def run(self, function: Callable[[Connection], T]) -> T:
        """Run ordinary statements in this transaction: for what is rare."""

    async def save(self, books: Sequence[Book], batch_id: bytes, /) -> None:
        """Write everything the books have changed, and the batch's mark if COMMIT can be lost."""

    async def has_batch(self, account: AccountId, batch_id: bytes, /) -> bool:
        """Whether a batch with this id was committed."""

    async def commit(self) -> None:
        """Make it durable.

        Raises:
            CommitLost: the outcome is unknown.
            Unavailable: nothing was written.
        """

    def posted(self) -> bool:
        """Whether messages or mail were recorded, told once. Asked after `commit`."""

    async def rollback(self) -> None:
        """Forget it. Never raises: a broken connection has forgotten already."""


class Lane(Protocol):
    """A connection of its own for one batching writer."""

    async def begin(self) -> HotTransaction:
        """Open a transaction, connecting again if need be.

        Raises:
            Unavailable: the database cannot be reached.
        """
