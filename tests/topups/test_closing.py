"""Closing an account that buys credit: nothing more is asked, and what was taken is credited."""

import pytest

from prepaid.domain.instants import MINUTE
from prepaid.flows import accounts
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import TIMEOUT_THEN_PAID, UNREACHABLE
from tests.topups.faulty import FaultyProvider
from tests.topups.kiosk import Kiosk


async def test_a_closed_account_buys_nothing(kiosk: Kiosk) -> None:
    await kiosk.customer(600)
    await kiosk.charge(200)
    await accounts.change(kiosk.desk, kiosk.account, {"closed": True})
    await kiosk.run()
    await topups.check_levels(kiosk.desk)
    assert [a.status for a in await kiosk.attempts()] == ["canceled"]

    await accounts.change(kiosk.desk, kiosk.account, {"closed": False})
    await topups.check_levels(kiosk.desk)
    await kiosk.run()
    assert [a.status for a in await kiosk.attempts()] == ["canceled", "succeeded"]


async def test_a_closed_account_is_not_asked_again(kiosk: Kiosk) -> None:
    """The provider was away; by the time it is back, nobody wants the credit any more."""
    await kiosk.customer(600)
    await kiosk.charge(200)
    away = FaultyProvider(kiosk.provider, lambda _: None)
    away.is_away = True
    await kiosk.with_provider(away).run()
    await accounts.change(kiosk.desk, kiosk.account, {"closed": True})
    await kiosk.run_to_the_end()

    assert [(a.status, a.asks) for a in await kiosk.attempts()] == [("canceled", 1)]
    assert kiosk.provider.payments == []
    assert (await topups.one(kiosk.desk, kiosk.account, 1)).history[-1].what == "canceled"
    assert await kiosk.told() == []
    await accounts.change(kiosk.desk, kiosk.account, {"closed": False})
    await topups.check_levels(kiosk.desk)
    await kiosk.run_to_the_end()
    assert len(kiosk.paid) == 1
    await kiosk.agrees()


@pytest.mark.parametrize("method", [TIMEOUT_THEN_PAID, UNREACHABLE])
async def test_money_that_was_taken_is_credited_though_the_account_was_closed(
    kiosk: Kiosk, method: str
) -> None:
    """Closed for a time, an attempt is not given up before it is known what became of it."""
    await kiosk.customer(600, threshold=500, amount=1_000, method=method)
    await kiosk.charge(200)
    await kiosk.run()
    await accounts.change(kiosk.desk, kiosk.account, {"closed": True})
    kiosk.hand.now += MINUTE
    await kiosk.run()
    await accounts.change(kiosk.desk, kiosk.account, {"closed": False})
    await kiosk.run_to_the_end()

    (attempt,) = await kiosk.attempts()
    ended = "succeeded" if method == TIMEOUT_THEN_PAID else "failed"
    assert (attempt.status, attempt.asks > 1) == (ended, ended == "failed")
    assert await kiosk.balance() == (1_400 if ended == "succeeded" else 400)
    await kiosk.agrees()
