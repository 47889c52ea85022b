"""Forgets what the hot path leaves behind: idempotency keys, marks of batches, spend rows.

Each turn is a small step: a look at a snapshot, then, if something may go, a short transaction
with its account locked. Where a walk has come to is kept in memory: beginning again is no harm,
and what another process has deleted meanwhile is not there.
"""

from collections.abc import Callable

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, Instant, Span
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk
from prepaid.store import marks, pruning
from prepaid.store.pruning import BEGINNING, Found, Place, Scope
from prepaid.store.vault import Connection

KEYS_KEPT: Span = 31 * DAY  # promised are 30

Look = Callable[[Connection, Place, Instant], Found]
Drop = Callable[[Connection, list[Place]], None]


class Keeper:
    """The walks of one process. Every method does one step, and says how many rows went."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._keys = self._marks = self._spend = BEGINNING

    async def keys(self) -> int:
        """Idempotency keys, 31 days old."""
        found = await self._found(pruning.old_keys, self._keys, KEYS_KEPT)
        self._keys = found.next
        return await self._drop(pruning.drop_keys, found)

    async def marks(self) -> int:
        """Marks of batches, when no lost COMMIT asks for them any more."""
        found = await self._found(pruning.old_marks, self._marks, marks.KEPT)
        self._marks = found.next
        return await self._drop(pruning.drop_marks, found)

    async def _found(self, look: Look, after: Place, kept: Span) -> Found:
        vault = self._desk.vault

        def work(connection: Connection) -> Found:
            # An account's time is never behind the clock, so what is old by it is old enough.
            return look(connection, after, vault.clock(connection) - kept)

        return await vault.read(work)

    async def _drop(self, drop: Drop, found: Found) -> int:
        if found.places:
            owner: AccountId = found.places[0][0]
            await locked(self._desk, owner, lambda c, _row: drop(c, found.places))
        return len(found.places)

    async def spend(self) -> int:
        """Spend rows older than 31 days that every window of their scope has passed."""

        def work(connection: Connection) -> tuple[list[Scope], Scope | None]:
            found = pruning.scopes(connection, self._spend)
            old = (scope for scope in found if pruning.has_old_spend(connection, scope))
            return found, next(old, None)

        found, scope = await self._desk.vault.read(work)
        if scope is None:
            self._spend = found[-1] if len(found) == pruning.SCOPES_MAX else BEGINNING
            return 0
        # The walk stays here: the next step looks at this scope again.
        return await locked(self._desk, scope.account, lambda c, _row: pruning.drop_spend(c, scope))
