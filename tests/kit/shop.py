"""A shop to tell stories with: the desk on a real database, in this process."""

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from prepaid.adapters.seals import Seals
from prepaid.adapters.typst_printer import TypstPrinter
from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command, Credit, Refund, Release, Reserve, Settle
from prepaid.domain.ids import AccountId
from prepaid.flows import accounts, metering, prices
from prepaid.flows.desk import Desk
from prepaid.flows.topups.payments import Payments
from prepaid.sandbox.payments import SandboxPayments
from prepaid.store.prices import Price
from prepaid.store.vault import Vault, open_database
from prepaid.web import app
from prepaid.web.metrics import Metrics

OPERATOR_KEY = "operator-key-of-the-tests"
SECRET_KEY = "secret-key-of-the-tests-and-of-nothing-else"
PRICES = [Price("report", 2 * CREDIT), Price("page", CREDIT // 100), Price("free", 0)]


@dataclass
class Shop:
    """The desk, and short words for what tests do with it."""

    desk: Desk

    async def account(self, credits: float = 10, *, sandbox: bool = True) -> AccountId:
        """A new account with so many credits."""
        row = await accounts.create(
            self.desk, name="Ada", admins=(), currency="EUR", sandbox=sandbox, floor=None
        )
        if credits:
            await self.grant(row.id, credits)
        return row.id

    async def grant(self, account: AccountId, credits: float) -> Outcome:
        """Put credit in."""
        return await self.do(
            Credit(account=account, amount=round(credits * CREDIT), reason="a grant")
        )

    async def do(self, command: Command) -> Outcome:
        """Any command."""
        return await self.desk.vault.submit(command)

    async def reserve(
        self,
        account: AccountId,
        sku: str = "report",
        *,
        key: str | None = None,
        workspace: str | None = "default",
        settle: bool = False,
    ) -> Outcome:
        """Hold, or charge at once."""
        return await self.do(
            Reserve(account=account, sku=sku, key=key, workspace=workspace, settle=settle)
        )

    async def settle(self, outcome: Outcome, credits: float | None = None) -> Outcome:
        """Fix the final amount of a charge."""
        assert outcome.charge is not None
        amount = None if credits is None else round(credits * CREDIT)
        charge = outcome.charge
        return await self.do(Settle(account=charge.account, charge=charge.seq, credits=amount))

    async def release(self, outcome: Outcome) -> Outcome:
        """Give a hold back."""
        assert outcome.charge is not None
        return await self.do(Release(account=outcome.charge.account, charge=outcome.charge.seq))

    async def refund(self, outcome: Outcome, credits: float | None = None) -> Outcome:
        """Give back part of a settled charge."""
        assert outcome.charge is not None
        amount = None if credits is None else round(credits * CREDIT)
        charge = outcome.charge
        return await self.do(Refund(account=charge.account, charge=charge.seq, credits=amount))

    async def balance(self, account: AccountId) -> int:
        """Micro-credits, due holds given back."""
        return (await metering.fresh(self.desk, account)).balance

    async def later(self, account: AccountId, seconds: int) -> None:
        """Advance a sandbox account's clock."""
        await accounts.advance_clock(self.desk, account, seconds)

    @asynccontextmanager
    async def door(self) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client straight into the application, with no key of any kind."""
        application = app.build(
            self.desk,
            operator_key=OPERATOR_KEY,
            public_url="http://shop.test",
            metrics=Metrics(list),
            lifespan=None,
        )
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield client


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Shop]:
    """A shop on a migrated database, with a price list."""
    desk = Desk(
        vault=Vault(open_database(url)),
        clock=lambda: time.time_ns() // 1000,
        token=secrets.token_bytes,
        payments=Payments(sandbox=SandboxPayments()),
        seals=Seals(SECRET_KEY),
        allows_http=True,
        printer=TypstPrinter(),
    )
    desk.vault.start()
    try:
        await prices.replace_list(desk, PRICES)
        yield Shop(desk)
    finally:
        await desk.vault.stop()
