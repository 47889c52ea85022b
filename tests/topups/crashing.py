"""A worker that ends without a goodbye: `python -m tests.topups.crashing URL LEDGER STEP`."""

import asyncio
import sys
from dataclasses import replace

from prepaid import assembly
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import Payments
from prepaid.sandbox.payments import SandboxPayments
from prepaid.settings import Settings
from tests.topups.faulty import FaultyProvider, break_vault, die

GONE = 9


async def main(url: str, ledger: str, step: str) -> None:
    """Take the steps that are due, until the named one."""
    desk = assembly.open_desk(Settings(database_url=url, payments="sandbox", sandbox_ledger=ledger))
    inside = desk.payments.sandbox
    assert isinstance(inside, SandboxPayments)
    fault = die(GONE)(step)
    provider = FaultyProvider(inside, fault)
    desk.vault.start()
    break_vault(desk.vault, fault)
    while await topups.work(replace(desk, payments=Payments(provider, provider))):
        pass


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
