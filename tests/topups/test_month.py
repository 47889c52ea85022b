"""A month of an account's life, as its owner, its operator and the provider would tell it."""

import json

from prepaid.domain.instants import DAY, MINUTE
from prepaid.flows import alerting
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import DECLINED, TIMEOUT_THEN_PAID, VISA
from prepaid.store.deliveries import notices
from tests.store.recount import recount
from tests.topups.kiosk import Kiosk

A_DAY_S = DAY // 1_000_000


async def pass_days(kiosk: Kiosk, days: int, spent: int = 0) -> None:
    """Each day so many cents are spent; the worker does what is due meanwhile."""
    for _ in range(days):
        await kiosk.shop.later(kiosk.account, A_DAY_S)
        if spent:
            await kiosk.charge(spent)
        await topups.check_levels(kiosk.desk)
        await kiosk.run()


async def events(kiosk: Kiosk) -> list[str]:
    return [one.notification.identifier for one in await kiosk.told()]


async def test_a_month_of_an_accounts_life(kiosk: Kiosk) -> None:
    # Day 0: 100 credits, which refill by 100 at 20, at most 400 a month.
    await kiosk.customer(
        10_000, threshold=2_000, amount=10_000, max_per_day=2, max_per_month_in_credit_cents=40_000
    )
    await alerting.change_config(
        kiosk.desk,
        kiosk.account,
        {"low_balance_enabled": True},
    )

    # Days 1 to 8: ten credits a day; it refills on the eighth.
    await pass_days(kiosk, 7, spent=1_000)
    assert await kiosk.balance() == 3_000
    assert await events(kiosk) == []
    await pass_days(kiosk, 1, spent=1_000)
    assert await kiosk.balance() == 12_000
    assert await events(kiosk) == ["succeeded"]

    # Day 9: a bulk job of 150 credits; two refills in a row, the day's cap is met.
    await pass_days(kiosk, 1, spent=25_000)
    assert await kiosk.balance() == 7_000
    assert await events(kiosk) == ["succeeded"] * 3

    # Day 10: the card expires at the bank; it is declined once, and nobody asks again.
    await payment_methods.put(kiosk.desk, kiosk.account, DECLINED)
    await pass_days(kiosk, 1, spent=6_000)
    await pass_days(kiosk, 3, spent=100)
    assert await events(kiosk) == ["succeeded"] * 3 + ["failed"]
    assert await kiosk.balance() == 700

    # Day 13: somebody buys by hand with a new card, and switches it on again.
    await payment_methods.put(kiosk.desk, kiosk.account, VISA)
    await topups.buy(kiosk.desk, kiosk.account, 5_000, "by hand")
    await kiosk.run()
    await kiosk.configure(enabled=True)
    assert await kiosk.balance() == 5_700

    # Day 14: the month's cap counts the failed attempt too, so nothing more is bought this month.
    await pass_days(kiosk, 1, spent=4_000)
    assert await kiosk.balance() == 1_700
    found = await kiosk.desk.vault.read(lambda c: notices.every(c, kiosk.account))
    assert [one.key.split(":")[1] for one in found] == ["month"]

    await the_next_month(kiosk)


async def the_next_month(kiosk: Kiosk) -> None:
    # The next month it goes on by itself, over a line that loses answers.
    await payment_methods.put(kiosk.desk, kiosk.account, TIMEOUT_THEN_PAID)
    await pass_days(kiosk, 31)
    kiosk.hand.now += 10 * MINUTE
    await kiosk.run_to_the_end()
    assert await kiosk.balance() == 11_700
    assert await events(kiosk) == ["succeeded"] * 3 + ["failed", "succeeded"]

    # The bank asks money back.
    last = kiosk.paid[-1]
    await kiosk.report(kiosk.provider.dispute(last))
    assert await kiosk.balance() == 1_700
    assert not (await topups.wishes(kiosk.desk, kiosk.account)).enabled

    # In the end everything adds up.
    await kiosk.agrees()
    kept = await recount(kiosk.desk.vault, kiosk.account)
    assert sum(amount for kind, amount in kept.lines if kind == "topup") == (40_000 + 5_000) * 10**4
    told = [json.loads(one.notification.payload) for one in await kiosk.told()]
    for one in told:
        if "newBalanceCents" in one:
            assert one["newBalanceCents"] - one["previousBalanceCents"] == one["amountCents"]
