"""PostgreSQL ends our connections under load, as when it restarts: we come back by ourselves."""

import asyncio
import random

import asyncpg

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from tests.kit.shop import Shop, opened
from tests.store.crowds import in_order
from tests.store.recount import recount

CALLERS = 16
CHARGES = 40  # by each caller
RESTARTS = 12
END_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Traffic:
    """Callers that charge again and again, and whoever waits for them to get on."""

    def __init__(self, shop: Shop, account: int) -> None:
        self._shop = shop
        self._account = account
        self._moved = asyncio.Condition()
        self.outcomes: list[Outcome] = []

    async def flow(self, caller: int) -> None:
        """Every second caller sends keys."""
        for n in range(CHARGES):
            key = f"{caller}-{n}" if caller % 2 else None
            outcome = await self._shop.reserve(self._account, "page", key=key)
            async with self._moved:
                self.outcomes.append(outcome)
                self._moved.notify_all()

    async def moved_on(self, by: int) -> None:
        """Wait until so many more were answered, or all."""
        wanted = min(len(self.outcomes) + by, CALLERS * CHARGES)
        async with self._moved:
            await self._moved.wait_for(lambda: len(self.outcomes) >= wanted)


async def test_ended_connections_lose_nothing_and_double_nothing(
    migrated_postgres_url: str,
) -> None:
    """At random moments, in whatever statement we are, COMMIT included; nobody notices."""
    killer = await asyncpg.connect(migrated_postgres_url)
    async with opened(migrated_postgres_url) as shop:
        ada = await shop.account(credits=100)
        traffic = Traffic(shop, ada)
        callers = [asyncio.create_task(traffic.flow(caller)) for caller in range(CALLERS)]
        for _ in range(RESTARTS):
            await traffic.moved_on(random.randint(0, 2 * CALLERS))
            await killer.execute(END_ALL)
        await asyncio.gather(*callers)

        kept = await recount(shop.desk.vault, ada)
        assert len(in_order(traffic.outcomes)) == CALLERS * CHARGES
        assert not any(outcome.replayed for outcome in traffic.outcomes)
        assert set(kept.charges) == {outcome.seq for outcome in traffic.outcomes}
        assert kept.balance == 100 * CREDIT - CALLERS * CHARGES * CREDIT // 100
        assert {outcome.seq: outcome.balance for outcome in traffic.outcomes} == {
            seq: charge.balance for seq, charge in kept.charges.items()
        }
    await killer.close()
