"""Whatever breaks, wherever: the provider's own list of payments equals the top-ups."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prepaid.domain import ids
from prepaid.domain.instants import MINUTE
from prepaid.domain.refusals import Refusal
from prepaid.domain.topups.answers import Answer, Found
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups.payments import CardSaved, PaymentSucceeded
from prepaid.sandbox.payments import DECLINED, TIMEOUT_THEN_PAID, SandboxPayments
from tests.topups.crashing import GONE
from tests.topups.faulty import STEPS, FaultyProvider
from tests.topups.kiosk import Kiosk, opened

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_that_dies_at_any_step_charges_and_credits_once(
    database_url: str, tmp_path: Path, step: str
) -> None:
    ledger = tmp_path / "payments.jsonl"
    async with opened(database_url, SandboxPayments(ledger)) as kiosk:
        account = await kiosk.customer(600, threshold=500, amount=1_000)
        await kiosk.charge(200)
    command = [sys.executable, "-m", "tests.topups.crashing", database_url, str(ledger), step]
    died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False, timeout=60)

    async with opened(database_url, SandboxPayments(ledger)) as kiosk:
        kiosk.account = account
        kiosk.hand.now = time.time_ns() // 1000 + 2 * MINUTE  # when the dead worker's lease is over
        await kiosk.run_to_the_end()

        assert died.returncode == GONE
        assert await kiosk.balance() == 1_400
        assert len(kiosk.paid) == 1
        assert len(await kiosk.told()) == 1
        await kiosk.agrees()


async def test_a_payment_whose_answer_timed_out_is_found_and_not_made_again(kiosk: Kiosk) -> None:
    await kiosk.customer(600, method=TIMEOUT_THEN_PAID)
    await kiosk.charge(200)
    await kiosk.run()
    (attempt,) = await kiosk.attempts()
    assert (attempt.status, attempt.error) == ("unknown", "timeout")
    assert await kiosk.balance() == 400, "nothing is credited on a guess"

    await kiosk.run_to_the_end()
    assert await kiosk.balance() == 1_400
    assert (await kiosk.attempts())[0].asks == 1
    await kiosk.agrees()


@pytest.mark.parametrize("when", ["before", "after", "both"])
async def test_the_providers_own_report_credits_once(kiosk: Kiosk, when: str) -> None:
    """It may come before the worker has its answer, after it, and twice."""
    await kiosk.customer(600, threshold=500, amount=1_000)
    await kiosk.charge(200)

    class Early(SandboxPayments):
        async def charge(self, attempt: Attempt) -> Answer:
            answer = await kiosk.provider.charge(attempt)
            if when != "after":
                await kiosk.report(kiosk.provider.outcome(kiosk.provider.payments[0]))
            return answer

    await kiosk.with_provider(Early()).run()
    if when != "before":
        for _ in range(2):
            await kiosk.report(kiosk.provider.outcome(kiosk.provider.payments[0]))

    assert await kiosk.balance() == 1_400
    assert len(await kiosk.told()) == 1
    await kiosk.agrees()


async def test_a_report_of_success_after_the_attempt_failed_credits_once(kiosk: Kiosk) -> None:
    """The answer was lost, nothing was found for a day, and the money was taken all the same."""
    await kiosk.customer(600, threshold=500, amount=1_000)
    await kiosk.charge(200)

    class Blind(FaultyProvider):
        async def look_up(self, attempt: Attempt) -> Found:
            return None

    blind = Blind(kiosk.provider, lambda _: None)
    blind.is_lost = True
    await kiosk.with_provider(blind).run_to_the_end()
    assert [a.status for a in await kiosk.attempts()] == ["failed"]
    for _ in range(2):
        await kiosk.report(kiosk.provider.outcome(kiosk.provider.payments[0]))

    assert await kiosk.balance() == 1_400
    assert len(kiosk.paid) == 1
    assert [one.notification.identifier for one in await kiosk.told()] == ["failed", "succeeded"]
    await kiosk.agrees()


async def test_64_clients_crossing_at_once_buy_once(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, threshold=990, amount=100_000)
    await asyncio.gather(*(kiosk.charge(10) for _ in range(64)), kiosk.run(), kiosk.run())
    await kiosk.run_to_the_end()

    assert await kiosk.balance() == 1_000 - 640 + 100_000
    assert len(kiosk.paid) == 1
    await kiosk.agrees()


async def test_two_workers_of_two_processes_never_work_on_one_attempt(
    migrated_postgres_url: str,
) -> None:
    provider = SandboxPayments()
    calls: list[str] = []

    class Watched(FaultyProvider):
        async def charge(self, attempt: Attempt) -> Answer:
            calls.append(attempt.key)
            await asyncio.sleep(0)
            return await super().charge(attempt)

    watched = Watched(provider, lambda _: None)
    async with (
        opened(migrated_postgres_url, provider) as one,
        opened(migrated_postgres_url, provider) as two,
    ):
        two.account = await one.customer(600, threshold=500, amount=100, max_per_day=20)
        workers = [one.with_provider(watched), two.with_provider(watched)]
        for _ in range(10):
            await one.charge(max(1, await one.balance() - 400))
            await asyncio.gather(*(worker.run() for worker in workers * 2))
        await one.run_to_the_end()

        assert len(calls) == len(set(calls)) == len(await one.attempts()) == 20
        await one.agrees()


@pytest.mark.parametrize("account", [12_345, None])
async def test_a_card_that_is_reported_for_somebody_else_is_passed_over(
    lite: Kiosk, account: int | None
) -> None:
    """Two installations may share a provider. Refused, the report would be repeated for days."""
    ada = await lite.customer(600)
    before = await payment_methods.get(lite.desk, ada)
    named = ids.account(ada if account is None else account)
    await lite.report(CardSaved("evt_1", named, "cus_of_somebody", DECLINED))

    assert await payment_methods.get(lite.desk, ada) == before


async def test_a_forged_or_foreign_report_changes_nothing(lite: Kiosk) -> None:
    await lite.customer(600, threshold=500, amount=1_000, method=DECLINED)
    await lite.charge(200)
    await lite.run()
    (before,) = await lite.attempts()
    forged = PaymentSucceeded("evt_1", before.key, "pi_1", None)
    foreign = PaymentSucceeded("evt_2", "f" * 32, "pi_2", None)
    with pytest.raises(Refusal, match="refused"):
        await payment_events.take(lite.desk, *SandboxPayments().signed(forged))
    await lite.report(foreign)

    assert await lite.attempts() == [before]
    assert await lite.balance() == 400
