"""Credit bought by hand: the same way, but never counted, never told, and it disables nothing."""

import pytest

from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import DECLINED
from tests.topups.kiosk import Kiosk


async def test_by_hand_is_one_at_a_time_never_counted_and_never_told(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, threshold=500, amount=1_000, max_per_day=1)
    first = await topups.buy(kiosk.desk, kiosk.account, 250, "k1")
    with pytest.raises(Refusal) as caught:
        await topups.buy(kiosk.desk, kiosk.account, 250, "k2")
    again = await topups.buy(kiosk.desk, kiosk.account, 250, "k1")
    await kiosk.charge(700)
    assert len(await kiosk.attempts()) == 1, "one attempt at a time, whatever its kind"
    await kiosk.run()

    assert caught.value.code == "topup_in_progress"
    assert (again.attempt, again.replayed) == (first.attempt, True)
    assert await kiosk.balance() == 550
    await kiosk.charge(60)
    await kiosk.run()
    assert await kiosk.balance() == 1_490
    assert [a.kind for a in await kiosk.attempts()] == ["manual", "auto"]
    assert len(await kiosk.told()) == 1
    await kiosk.agrees()


async def test_by_hand_a_decline_disables_nothing(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, method=DECLINED)
    await topups.buy(kiosk.desk, kiosk.account, 250, None)
    await kiosk.run()

    assert [a.status for a in await kiosk.attempts()] == ["failed"]
    assert (await topups.wishes(kiosk.desk, kiosk.account)).enabled
    assert await kiosk.told() == []


async def test_by_hand_what_was_not_asked_for_ends_with_its_card(lite: Kiosk) -> None:
    await lite.customer(1_000)
    await topups.buy(lite.desk, lite.account, 250, None)
    await payment_methods.delete(lite.desk, lite.account)
    await lite.run()

    assert [a.status for a in await lite.attempts()] == ["canceled"]
    assert lite.provider.payments == []


async def test_the_price_of_credit_is_the_accounts_own(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000)
    await accounts.change(kiosk.desk, kiosk.account, {"credit_price": 7})
    await topups.buy(kiosk.desk, kiosk.account, 250, None)
    await kiosk.run()

    assert [payment.price for payment in kiosk.paid] == [18]  # 2.5 credits at 7, rounded up
    assert await kiosk.balance() == 1_250
