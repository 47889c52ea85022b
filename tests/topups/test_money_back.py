"""Refunds and disputes take credit back once per id of the provider, and tell the admins."""

import pytest
from msgspec.structs import replace

from prepaid.domain.amounts import CENT
from prepaid.domain.instants import DAY
from prepaid.flows.topups import payment_events
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import TIMEOUT_THEN_PAID
from prepaid.store.deliveries import notices
from tests.store.recount import recount
from tests.topups.kiosk import Kiosk


async def bought(kiosk: Kiosk, cents: int = 1_000) -> None:
    """An account with 2 000 cents, of which it has paid for `cents` by hand."""
    await kiosk.customer(1_000, threshold=100, amount=1_000)
    await topups.buy(kiosk.desk, kiosk.account, cents, None)
    await kiosk.run()


async def notice_keys(kiosk: Kiosk) -> list[str]:
    found = await kiosk.desk.vault.read(lambda c: notices.every(c, kiosk.account))
    return [one.key for one in found]


async def test_a_refund_is_corrected_once(kiosk: Kiosk) -> None:
    await bought(kiosk)
    (payment,) = kiosk.paid
    for _ in range(2):
        await kiosk.report(kiosk.provider.refund(payment, 250, 1))
    assert await kiosk.balance() == 1_750

    await kiosk.report(kiosk.provider.refund(payment, 250, 2))
    assert await kiosk.balance() == 1_500
    kept = await recount(kiosk.desk.vault, kiosk.account)
    assert [kind for kind, _ in kept.lines if kind == "correction"] == ["correction"] * 2
    assert len(await notice_keys(kiosk)) == 2


async def test_no_more_is_taken_back_than_was_bought(kiosk: Kiosk) -> None:
    await bought(kiosk)
    (payment,) = kiosk.paid
    await kiosk.report(kiosk.provider.refund(payment, 900))
    await kiosk.report(kiosk.provider.dispute(payment))

    assert await kiosk.balance() == 1_000
    assert len(await notice_keys(kiosk)) == 2


async def test_money_that_went_back_in_another_currency_takes_all_that_is_left(
    lite: Kiosk,
) -> None:
    """How much of the credit it stands for cannot be told."""
    await bought(lite)
    (payment,) = lite.paid
    await lite.report(lite.provider.refund(payment, 250, 1))
    await lite.report(replace(lite.provider.refund(payment, 1, 2), currency="usd"))

    assert await lite.balance() == 1_000
    kept = await recount(lite.desk.vault, lite.account)
    assert [amount // CENT for kind, amount in kept.lines if kind == "correction"] == [-250, -750]


async def test_a_dispute_switches_auto_topup_off(kiosk: Kiosk) -> None:
    """The card is not charged again for what its owner has just asked back."""
    await bought(kiosk)
    await kiosk.charge(800)
    await kiosk.report(kiosk.provider.dispute(kiosk.paid[0]))
    await kiosk.run()

    assert await kiosk.balance() == 200
    assert not (await topups.wishes(kiosk.desk, kiosk.account)).enabled
    assert len(await kiosk.attempts()) == 1


@pytest.mark.parametrize("reports", [1, 2])
async def test_a_refund_that_comes_before_its_payment_is_known_waits_for_it(
    kiosk: Kiosk, reports: int
) -> None:
    await kiosk.customer(600, threshold=500, amount=1_000, method=TIMEOUT_THEN_PAID)
    await kiosk.charge(200)
    await kiosk.run()
    for _ in range(reports):
        await kiosk.report(kiosk.provider.refund(kiosk.paid[0], 1_000))
    assert await kiosk.balance() == 400
    await payment_events.take_strays(kiosk.desk)
    await kiosk.configure(enabled=False)

    await kiosk.run_to_the_end()
    assert await payment_events.take_strays(kiosk.desk) == 1
    assert await payment_events.take_strays(kiosk.desk) == 0
    assert await kiosk.balance() == 400
    await kiosk.agrees()


async def test_refunds_of_other_sellers_are_forgotten(lite: Kiosk) -> None:
    await bought(lite)
    stranger = lite.provider.refund(lite.paid[0], 100)
    await lite.report(type(stranger)("evt", "re_9", "pi_of_somebody", 100, "eur"))
    lite.hand.now += 15 * DAY

    assert await payment_events.take_strays(lite.desk) == 0
    assert await lite.balance() == 2_000
