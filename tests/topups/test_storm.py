"""Random lives on a bad line: whatever happened, in the end the provider's list and ours agree."""

import asyncio
import random

import pytest

from prepaid.domain.instants import HOUR, MINUTE, SECOND
from prepaid.domain.refusals import Refusal
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import METHODS
from tests.topups.faulty import FaultyProvider
from tests.topups.kiosk import Kiosk, opened

STEPS = 60


class Storm:
    """One account, and a dice that decides what happens to it."""

    def __init__(self, kiosk: Kiosk, seed: int) -> None:
        self.dice = random.Random(seed)
        self.kiosk = kiosk
        self.line = FaultyProvider(kiosk.provider, self._fault)
        self.bad = kiosk.with_provider(self.line)

    def _fault(self, _step: str) -> None:
        if self.dice.random() < 0.2:
            raise RuntimeError("the worker is gone in the middle of it")

    async def step(self) -> None:
        self.line.is_lost = self.dice.random() < 0.3
        acts = (self._charge, self._work, self._tick, self._report, self._buy, self._switch)
        (act,) = self.dice.choices((*acts, self._card), (6, 6, 4, 3, 1, 1, 1))
        refused = None
        try:
            await act()
        except Refusal as refusal:
            refused = refusal.code
        assert refused in (None, "invalid_request", "insufficient_funds", "topup_in_progress")

    async def _charge(self) -> None:
        amounts = [self.dice.randint(1, 400) for _ in range(self.dice.randint(1, 8))]
        results = await asyncio.gather(
            *(self.kiosk.charge(amount) for amount in amounts), return_exceptions=True
        )
        assert all(result is None or isinstance(result, Refusal) for result in results)

    async def _work(self) -> None:
        await asyncio.gather(topups.work(self.bad.desk), topups.work(self.bad.desk))

    async def _tick(self) -> None:
        self.kiosk.hand.now += self.dice.choice((SECOND, MINUTE, 2 * MINUTE, HOUR, 25 * HOUR))
        await topups.check_levels(self.kiosk.desk)

    async def _report(self) -> None:
        if self.kiosk.provider.payments:
            payment = self.dice.choice(self.kiosk.provider.payments)
            await self.kiosk.report(self.kiosk.provider.outcome(payment))

    async def _buy(self) -> None:
        await topups.buy(self.kiosk.desk, self.kiosk.account, 100, None)

    async def _switch(self) -> None:
        await self.kiosk.configure(enabled=self.dice.random() < 0.8)

    async def _card(self) -> None:
        method = self.dice.choice(METHODS)
        await payment_methods.put(self.kiosk.desk, self.kiosk.account, method)


@pytest.mark.parametrize("seed", range(25))
async def test_in_the_end_the_providers_list_and_ours_agree(
    migrated_sqlite_url: str, seed: int
) -> None:
    async with opened(migrated_sqlite_url) as kiosk:
        await kiosk.customer(1_000, threshold=500, amount=300, max_per_day=10)
        storm = Storm(kiosk, seed)
        for _ in range(STEPS):
            await storm.step()
        await kiosk.configure(enabled=False)
        await kiosk.run_to_the_end(days=40)
        await payment_events.take_strays(kiosk.desk)

        await kiosk.agrees()
        for attempt in await kiosk.attempts():
            assert attempt.status in ("succeeded", "failed", "canceled")
