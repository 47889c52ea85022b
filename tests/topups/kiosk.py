"""A shop that sells credit: the desk with the sandbox's provider, and time in the test's hand."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from prepaid.domain.amounts import CENT
from prepaid.domain.commands import ConfigureTopup, Credit, Reserve
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, MINUTE, Instant
from prepaid.domain.topups.caps import AutoTopupPatch
from prepaid.domain.topups.topup import Attempt
from prepaid.flows import accounts, alerting, prices
from prepaid.flows.desk import Desk
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import PaymentProvider, Payments, ProviderEvent
from prepaid.sandbox.payment_ledger import Payment
from prepaid.sandbox.payments import VISA, SandboxPayments
from prepaid.store.notifications import Recorded
from prepaid.store.vault import open_database
from tests.kit.shop import PRICES, Shop
from tests.simulation.clocked import Hand, vault
from tests.store.recount import recount

START: Instant = 20_000 * DAY + 7 * MINUTE
STEPS_MAX = 100


@dataclass
class Kiosk:
    """Short words for what tests of top-ups do."""

    shop: Shop
    hand: Hand
    provider: SandboxPayments
    account: AccountId = 0

    @property
    def desk(self) -> Desk:
        return self.shop.desk

    def with_provider(self, provider: PaymentProvider) -> "Kiosk":
        """The same shop, where another provider is asked."""
        desk = replace(self.desk, payments=Payments(provider, provider))
        return replace(self, shop=Shop(desk))

    async def customer(
        self,
        cents: int = 1_000,
        *,
        threshold: int = 500,
        amount: int = 1_000,
        method: str = VISA,
        sandbox: bool = True,
        **caps: int,
    ) -> AccountId:
        """A new account that tops itself up; what follows is about it."""
        row = await accounts.create(
            self.desk, name="Ada", admins=(), currency="EUR", sandbox=sandbox, floor=None
        )
        self.account = row.id
        await self.tell()
        await self.grant(cents)
        await payment_methods.put(self.desk, row.id, method)
        await self.configure(
            enabled=True, threshold_in_credit_cents=threshold, amount_in_credit_cents=amount, **caps
        )
        return row.id

    async def tell(self) -> None:
        """Switch notifications of top-ups on."""
        changes: dict[str, object] = {"auto_topup_notifications_enabled": True}
        await alerting.change_config(self.desk, self.account, changes)

    async def configure(self, **wishes: int | bool) -> None:
        patch = AutoTopupPatch(**wishes)  # type: ignore[arg-type]
        await self.desk.vault.submit(ConfigureTopup(account=self.account, patch=patch))

    async def grant(self, cents: int) -> None:
        await self.shop.do(Credit(account=self.account, amount=cents * CENT, reason="a grant"))

    async def charge(self, cents: int) -> None:
        """Billable usage, settled at once."""
        await self.shop.do(
            Reserve(account=self.account, sku="x", credits=cents * CENT, settle=True)
        )

    async def run(self) -> None:
        """Take every step that is due."""
        for _ in range(STEPS_MAX):
            if not await topups.work(self.desk):
                return
        raise AssertionError("the steps do not end")

    async def run_to_the_end(self, days: int = 20) -> None:
        """Let time pass until no attempt has a step left."""
        begun = self.hand.now
        while self.hand.now < begun + days * DAY:
            await self.run()
            due = [a.next_at for a in await self.attempts() if a.next_at is not None]
            if not due:
                return
            # A claim that nobody gave back runs out after a minute.
            self.hand.now = max(self.hand.now + MINUTE, min(due))
        raise AssertionError("attempts do not end")

    async def report(self, event: ProviderEvent) -> None:
        """The provider reports something by itself."""
        await payment_events.take(self.desk, *self.provider.signed(event))

    async def attempts(self) -> list[Attempt]:
        """Every attempt, oldest first."""
        return (await topups.page(self.desk, self.account, 2**31 - 1, 1_000))[::-1]

    async def balance(self) -> int:
        """In credit cents."""
        return await self.shop.balance(self.account) // CENT

    async def told(self) -> list[Recorded]:
        """Notifications of top-ups, oldest first."""
        found = await alerting.recent(self.desk, self.account, limit=1_000, kind="auto_topup")
        return found[::-1]

    @property
    def paid(self) -> list[Payment]:
        """Where the provider took money."""
        return [payment for payment in self.provider.payments if payment.status == "succeeded"]

    async def agrees(self) -> None:
        """The provider's own list equals the top-ups, each credited once, and the books add up."""
        attempts = await self.attempts()
        succeeded = {a.key: a.price for a in attempts if a.status == "succeeded"}
        assert {payment.key: payment.price for payment in self.paid} == succeeded
        kept = await recount(self.desk.vault, self.account)
        credits = sorted(entry.note or "" for entry in kept.entries if entry.kind == "topup")
        assert credits == sorted(a.id for a in attempts if a.status == "succeeded")
        assert sum(1 for attempt in attempts if attempt.is_running) <= 1
        events = [one.notification.dedup_key for one in await self.told()]
        assert len(events) == len(set(events))


@asynccontextmanager
async def opened(url: str, provider: SandboxPayments | None = None) -> AsyncIterator[Kiosk]:
    """A kiosk on a migrated database."""
    hand = Hand(START)
    payments = provider or SandboxPayments()
    desk = Desk(
        vault(open_database(url), hand),
        lambda: hand.now,
        secrets.token_bytes,
        Payments(payments, payments),
    )
    desk.vault.start()
    try:
        await prices.replace_list(desk, PRICES)
        yield Kiosk(Shop(desk), hand, payments)
    finally:
        await desk.vault.stop()
