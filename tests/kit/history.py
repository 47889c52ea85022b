"""A random life of an account: every command there is, refusals too, over weeks of its clock."""

import random
import time

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command, Credit, Refund, Release, Reserve, Settle
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY
from prepaid.domain.refusals import Refusal
from prepaid.flows import workspaces
from tests.kit.shop import Shop

NAMES = ("acme", "globex", "initech")
SKUS = ("report", "page", "free")


class History:
    """Lives an account's life, step by step."""

    def __init__(self, shop: Shop, account: AccountId, seed: int) -> None:
        self.shop = shop
        self.account = account
        self.dice = random.Random(seed)
        self.charges: list[int] = []
        self.ahead_s = 0

    async def live(self, steps: int) -> None:
        """So many steps. What is refused is a step too."""
        for name in NAMES:
            await workspaces.create(self.shop.desk, self.account, name, name)
        await self.go_on(steps)

    async def go_on(self, steps: int) -> None:
        """More steps of the same life."""
        for _ in range(steps):
            try:
                await self._step()
            except Refusal:
                continue

    async def _step(self) -> None:
        kind = self.dice.choices(
            ("reserve", "import", "end", "credit", "later", "workspace"), (40, 15, 30, 5, 8, 2)
        )[0]
        if kind == "later":
            seconds = self.dice.choice((1, 600, 5_000, 90_000, 900_000))
            self.ahead_s += seconds
            await self.shop.later(self.account, seconds)
        elif kind == "workspace":
            await self._workspace()
        else:
            outcome = await self.shop.do(self._command(kind))
            if outcome.charge is not None:
                self._remember(outcome)

    def _remember(self, outcome: Outcome) -> None:
        assert outcome.charge is not None
        self.charges.append(outcome.charge.seq)

    async def _workspace(self) -> None:
        name = self.dice.choice(NAMES)
        desk, account = self.shop.desk, self.account
        if self.dice.random() < 0.5:
            await workspaces.archive(desk, account, name)
        else:
            await workspaces.create(desk, account, name, f"{name} again")

    def _command(self, kind: str) -> Command:
        dice, account = self.dice, self.account
        if kind == "credit":
            return Credit(account=account, amount=dice.randint(-3, 50) * CREDIT, reason="x")
        if kind == "end" and self.charges:
            return self._ending(dice.choice(self.charges[-40:]))
        occurred_at = None
        if kind == "import":
            now = time.time_ns() // 1000 + self.ahead_s * 1_000_000
            occurred_at = now - dice.randint(0, 100) * DAY - dice.randrange(DAY)
        return Reserve(
            account=account,
            sku=dice.choice(SKUS),
            quantity=dice.randint(1, 5),
            credits=dice.choice((None, None, dice.randrange(5 * CREDIT))),
            workspace=dice.choice((None, "default", *NAMES, "nobody")),
            settle=occurred_at is not None or dice.random() < 0.4,
            ttl=dice.choice((1, 900, 86_400)) * 1_000_000,
            occurred_at=occurred_at,
        )

    def _ending(self, charge: int) -> Command:
        dice, account = self.dice, self.account
        amount = dice.choice((None, dice.randrange(6 * CREDIT)))
        return dice.choice(
            (
                Settle(account=account, charge=charge, credits=amount),
                Settle(account=account, charge=charge, quantity=dice.randint(1, 5)),
                Release(account=account, charge=charge),
                Refund(account=account, charge=charge, credits=amount),
            )
        )
