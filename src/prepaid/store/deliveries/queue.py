"""What a database does for the queue of webhooks: the few statements that every delivery meets.

Two thin stores fulfil it, `sqlite_queue` and `postgres_queue`; what is claimed, and what an
attempt means, is decided by their callers, once for both.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from prepaid.domain.deliveries.delivery import Status
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant

Place = tuple[AccountId, int]  # of an endpoint: its account and its number there


class DueEndpoint(NamedTuple):
    """An endpoint that has due deliveries, under lock."""

    account: AccountId
    number: int
    url: str
    headers: bytes | None  # sealed
    throttle_rate: int | None
    next_at: Instant | None  # by the throttle, no request begins before
    failing_since: Instant | None
    is_off: bool  # disabled or deleted
    secrets: Sequence[tuple[int, bytes]]  # number and key of those that sign now, newest first


class Wish(NamedTuple):
    """How many due deliveries of an endpoint to take."""

    account: AccountId
    endpoint: int
    limit: int


class TakenRow(NamedTuple):
    """A delivery that was taken, and its message."""

    account: AccountId
    endpoint: int
    message: int
    event_type: str
    body: bytes
    notification: int | None
    asked_at: Instant
    made: int
    attempts: int


class NextRow(NamedTuple):
    """When an endpoint may be asked again."""

    account: AccountId
    endpoint: int
    next_at: Instant | None  # by its throttle
    not_before: Instant  # nothing of it is due before this, whatever waits


class AttemptRow(NamedTuple):
    """One request and what became of it."""

    account_id: AccountId
    endpoint: int
    message: int
    number: int  # 1, 2, 3 … of its delivery
    at: Instant  # when it ended
    failure: str | None  # class of error; None: success
    status: int | None  # of the HTTP answer
    duration_ms: int
    excerpt: str
    address: str | None
    url: str | None  # these three are None where an attempt is older than they are
    request_headers: str | None
    response_headers: str | None


class AfterRow(NamedTuple):
    """Where an attempt leaves its delivery, if the claim still holds."""

    claim: bytes
    delivery: Status
    due_at: Instant | None  # while waiting: of the next attempt
    made: int  # attempts since the delivery was asked for


class Queue(Protocol):
    """In one open transaction."""

    def due(self, now: Instant, busy: Collection[Place], limit: int) -> Sequence[DueEndpoint]:
        """Endpoints with due deliveries, those due longest first, without the busy ones.

        Locked; those that another process locks are left to it.
        """

    def take(
        self, wishes: Sequence[Wish], now: Instant, until: Instant, claim: bytes
    ) -> Sequence[TakenRow]:
        """Lease due deliveries, by endpoint in the order in which they became due."""

    def next(self, rows: Sequence[NextRow]) -> None:
        """Say of endpoints when the first of their deliveries is due."""

    def end(self, ended: Sequence[tuple[AttemptRow, AfterRow]]) -> set[tuple[AccountId, int, int]]:
        """Write attempts and what follows; the deliveries whose claim still held, no others."""

    def flag(self, notifications: Sequence[tuple[AccountId, int]]) -> None:
        """Note that a webhook of these notifications has arrived."""
