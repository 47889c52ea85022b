"""An account that runs low buys credit, once, by itself; and stops when it may not."""

import asyncio
import json

import pytest

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.domain.instants import DAY, iso_millis
from prepaid.domain.refusals import Refusal
from prepaid.flows import alerting, preview
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.payments import AUTHENTICATION_REQUIRED, DECLINED, UNREACHABLE, VISA
from prepaid.store import guard
from prepaid.store.deliveries import notices
from tests.topups.kiosk import Kiosk


async def notice_kinds(kiosk: Kiosk) -> list[str]:
    found = await kiosk.desk.vault.read(lambda c: notices.every(c, kiosk.account))
    return [one.kind for one in found]


async def test_a_charge_below_the_threshold_buys_once_with_the_exact_payload(kiosk: Kiosk) -> None:
    account = await kiosk.customer(1_000, threshold=500, amount=10_000)
    await kiosk.charge(650)
    await kiosk.run()

    assert await kiosk.balance() == 10_350
    (attempt,) = await kiosk.attempts()
    (one,) = await kiosk.told()
    assert json.loads(one.notification.payload) == {
        "type": "billing.auto_topup.succeeded",
        "version": "1",
        "accountId": ids.account(account),
        "amountCents": 10_000,
        "previousBalanceCents": 350,
        "newBalanceCents": 10_350,
        "thresholdCents": 500,
        "paymentIntentId": attempt.payment,
        "firedAt": iso_millis(one.notification.fired_at),
    }
    assert (attempt.price, attempt.currency) == (10_000, "eur")
    await kiosk.agrees()


async def test_nothing_is_bought_above_the_threshold_and_at_it_something_is(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, threshold=500)
    await kiosk.charge(499)
    await kiosk.run()
    assert await kiosk.attempts() == []

    await kiosk.charge(1)
    await kiosk.run()
    assert await kiosk.balance() == 1_500


async def test_the_credit_arms_the_tiers_it_rises_above(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, threshold=500, amount=200_000)
    await alerting.change_config(kiosk.desk, kiosk.account, {"low_balance_enabled": True})
    for _ in range(3):
        await kiosk.charge(await kiosk.balance() - 400)
        await kiosk.run()

    rung = await alerting.recent(kiosk.desk, kiosk.account, kind="low_balance")
    assert len(rung) == 3
    assert all(b'"autoTopupEnabled":true' in one.notification.payload for one in rung)


async def test_a_preview_knows_that_credit_is_bought(lite: Kiosk) -> None:
    """What is tried is told as it would be sent."""
    await lite.customer(1_000, threshold=500, amount=200_000)
    await lite.charge(600)
    found = await preview.preview(lite.desk, lite.account, {"low_balance_enabled": True})

    assert len(found.notifications) == 1
    assert b'"autoTopupEnabled":true' in found.notifications[0].payload


async def test_enabling_while_already_below_tops_up_at_once(kiosk: Kiosk) -> None:
    await kiosk.customer(100, threshold=500, amount=1_000)
    await kiosk.run()

    assert await kiosk.balance() == 1_100
    await kiosk.agrees()


@pytest.mark.parametrize("method", [DECLINED, AUTHENTICATION_REQUIRED])
async def test_a_decline_switches_off_is_told_once_and_is_not_repeated(
    kiosk: Kiosk, method: str
) -> None:
    await kiosk.customer(600, threshold=500, amount=1_000, method=method)
    await kiosk.charge(200)
    await kiosk.run_to_the_end()
    await kiosk.grant(2_000)
    await asyncio.gather(*(kiosk.charge(2) for _ in range(1_000)))
    await kiosk.run_to_the_end()

    (attempt,) = await kiosk.attempts()
    assert attempt.status == "failed"
    (one,) = await kiosk.told()
    payload = json.loads(one.notification.payload)
    assert payload["type"] == "billing.auto_topup.failed"
    assert payload["autoTopupDisabled"] is True
    assert payload["currentBalanceCents"] == 400
    assert not (await topups.wishes(kiosk.desk, kiosk.account)).enabled
    await kiosk.agrees()


async def test_after_a_decline_a_newer_method_and_enabling_work_again(kiosk: Kiosk) -> None:
    await kiosk.customer(600, threshold=500, amount=1_000, method=DECLINED)
    await kiosk.charge(200)
    await kiosk.run()
    with pytest.raises(Refusal, match="updated after"):
        await kiosk.configure(enabled=True)

    await payment_methods.put(kiosk.desk, kiosk.account, VISA)
    assert len(await kiosk.attempts()) == 1, "a new card alone charges nothing"
    await kiosk.configure(enabled=True)
    await kiosk.run()

    assert await kiosk.balance() == 1_400
    assert [a.status for a in await kiosk.attempts()] == ["failed", "succeeded"]
    await kiosk.agrees()


async def test_a_newer_card_is_newer_by_the_test_clock_too(lite: Kiosk) -> None:
    """The failure has the account's time, which may be years ahead."""
    await lite.customer(600, method=DECLINED)
    await lite.shop.later(lite.account, 400 * 86_400)
    await lite.charge(200)
    await lite.run()
    await payment_methods.put(lite.desk, lite.account, VISA)
    await lite.configure(enabled=True)
    await lite.run()

    assert [a.status for a in await lite.attempts()] == ["failed", "succeeded"]


async def test_an_amount_smaller_than_the_gap_buys_until_it_is_closed_or_a_cap_is_met(
    kiosk: Kiosk,
) -> None:
    """Threshold above amount: each success is followed by the next, and the day's cap ends it."""
    await kiosk.customer(100, threshold=5_000, amount=200, max_per_day=3)
    await kiosk.run_to_the_end()

    assert [a.status for a in await kiosk.attempts()] == ["succeeded"] * 3
    assert await notice_kinds(kiosk) == ["topup_cap"]
    await kiosk.charge(10)
    await kiosk.run_to_the_end()
    assert len(await kiosk.attempts()) == 3
    assert await notice_kinds(kiosk) == ["topup_cap"], "told once a day"

    await kiosk.shop.later(kiosk.account, DAY // 1_000_000)
    await topups.check_levels(kiosk.desk)  # as each minute, with no request in between
    await kiosk.run_to_the_end()
    assert len(await kiosk.attempts()) == 6
    assert await notice_kinds(kiosk) == ["topup_cap"] * 2
    await kiosk.agrees()


async def test_the_months_cap_counts_what_was_asked_for(kiosk: Kiosk) -> None:
    await kiosk.customer(
        100, threshold=500, amount=1_000, max_per_day=100, max_per_month_in_credit_cents=2_500
    )
    for _ in range(4):
        await kiosk.run()
        await kiosk.charge(max(1, await kiosk.balance() - 100))

    assert len(await kiosk.attempts()) == 2
    assert await notice_kinds(kiosk) == ["topup_cap"]


async def test_an_unreachable_provider_is_no_failure(kiosk: Kiosk) -> None:
    """It is asked again with back-off, under the same key, for 23 hours; then it has failed."""
    await kiosk.customer(600, method=UNREACHABLE)
    await kiosk.charge(200)
    await kiosk.run()
    (attempt,) = await kiosk.attempts()
    assert (attempt.status, attempt.error) == ("open", "no_connection")
    assert await kiosk.told() == []

    await kiosk.run_to_the_end()
    (attempt,) = await kiosk.attempts()
    assert (attempt.status, attempt.error) == ("failed", "provider_unreachable")
    assert 20 < attempt.asks < 60
    assert len(await kiosk.told()) == 1
    await kiosk.agrees()


async def test_switching_off_cancels_what_was_not_asked_for(kiosk: Kiosk) -> None:
    await kiosk.customer(600)
    await kiosk.charge(200)
    await kiosk.configure(enabled=False)
    await kiosk.run()

    assert [a.status for a in await kiosk.attempts()] == ["canceled"]
    assert kiosk.provider.payments == []


async def test_without_a_card_auto_topup_is_off(kiosk: Kiosk) -> None:
    await kiosk.customer(600)
    await kiosk.charge(200)
    await payment_methods.delete(kiosk.desk, kiosk.account)
    await payment_methods.delete(kiosk.desk, kiosk.account)
    await kiosk.run()

    assert [a.status for a in await kiosk.attempts()] == ["canceled"]
    assert not (await topups.wishes(kiosk.desk, kiosk.account)).enabled
    with pytest.raises(Refusal, match="payment method"):
        await kiosk.configure(enabled=True)


async def test_no_provider_is_called_while_a_transaction_is_open(lite: Kiosk) -> None:
    account = await lite.customer(600)
    await topups.buy(lite.desk, account, 250, None)
    (attempt,) = await lite.attempts()

    with guard.transaction(), pytest.raises(AssertionError, match="no network call"):
        await lite.provider.charge(attempt)
    assert lite.provider.payments == []
    assert attempt.amount == 250 * CENT
