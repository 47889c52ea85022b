"""A database whose clock the test holds in its hand."""

from collections.abc import Sequence

from sqlalchemy import Connection

from prepaid.domain.instants import Instant
from prepaid.store.batching.hot import Clock, HotTransaction, Lane
from prepaid.store.vault import Database, Vault


class Hand:
    """The time that every transaction reads."""

    def __init__(self, now: Instant) -> None:
        self.now = now


class ClockedLane:
    """A lane whose transactions read the hand instead of the machine's or server's clock."""

    def __init__(self, lane: Lane, hand: Hand) -> None:
        self._lane = lane
        self._hand = hand

    async def begin(self) -> HotTransaction:
        transaction = await self._lane.begin()
        ask = transaction.clock

        async def clock() -> Clock:
            return (await ask())._replace(now=self._hand.now)

        transaction.clock = clock  # type: ignore[method-assign]
        return transaction


class ClockedDatabase:
    """Everything else is the real database."""

    def __init__(self, database: Database, hand: Hand) -> None:
        self._database = database
        self._hand = hand
        self.read = database.read
        self.write = database.write
        self.write_brief = database.write_brief
        self.close = database.close
        self.is_shared = database.is_shared

    def clock(self, _connection: Connection) -> Instant:
        return self._hand.now

    def lanes(self) -> Sequence[Lane]:
        return [ClockedLane(lane, self._hand) for lane in self._database.lanes()]


def vault(database: Database, hand: Hand) -> Vault:
    """A vault that lives by the hand's time."""
    return Vault(ClockedDatabase(database, hand))
