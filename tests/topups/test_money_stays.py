"""A refund that fails and a dispute that is won put back what they took: once, never more."""

import asyncio

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Reserve
from prepaid.flows import accounts, alerting
from prepaid.flows.topups import payment_events
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import (
    Disputed,
    DisputeWon,
    ProviderEvent,
    Refunded,
    RefundFailed,
)
from prepaid.sandbox.payments import TIMEOUT_THEN_PAID
from prepaid.store import tables
from prepaid.store.deliveries import notices
from tests.store.recount import recount
from tests.topups.kiosk import Kiosk, opened

Pair = tuple[Refunded | Disputed, RefundFailed | DisputeWon]


async def bought(kiosk: Kiosk, credit_price: int = 100) -> None:
    """An account with 2 000 cents, of which it has paid for 1 000 by hand."""
    await kiosk.customer(1_000, threshold=100, amount=1_000)
    await accounts.change(kiosk.desk, kiosk.account, {"credit_price": credit_price})
    await topups.buy(kiosk.desk, kiosk.account, 1_000, None)
    await kiosk.run()


def pair(kiosk: Kiosk, cause: str, price: int = 250) -> Pair:
    """What is reported of money that goes back, and that it stays."""
    (payment,) = kiosk.paid
    if cause == "dispute":
        dispute = kiosk.provider.dispute(payment)
        return dispute, kiosk.provider.dispute_won(dispute)
    refund = kiosk.provider.refund(payment, price)
    return refund, kiosk.provider.refund_failed(refund)


async def told(kiosk: Kiosk) -> list[str]:
    """What the admins were told of."""
    found = await kiosk.desk.vault.read(lambda c: notices.every(c, kiosk.account))
    return sorted(one.kind for one in found)


async def corrections(kiosk: Kiosk) -> list[int]:
    """In micro-credits, oldest first."""
    kept = await recount(kiosk.desk.vault, kiosk.account)
    return [amount for kind, amount in kept.lines if kind == "correction"]


@pytest.mark.parametrize(
    ("cause", "cents", "notice", "end"),
    [
        ("refund", 250, "topup_refund_failed", "failed"),
        ("dispute", 1_000, "topup_dispute_won", "won"),
    ],
)
async def test_what_was_taken_is_put_back_once_and_told_once(
    kiosk: Kiosk, cause: str, cents: int, notice: str, end: str
) -> None:
    await bought(kiosk)
    taken, undone = pair(kiosk, cause)
    await kiosk.report(taken)
    assert await kiosk.balance() == 2_000 - cents
    for _ in range(2):
        await kiosk.report(undone)

    assert await kiosk.balance() == 2_000
    assert await corrections(kiosk) == [-cents * CENT, cents * CENT]
    assert notice in await told(kiosk)
    assert len(await told(kiosk)) == 2
    entry = (await recount(kiosk.desk.vault, kiosk.account)).entries[-1]
    assert (entry.note or "").startswith(cause)
    assert (entry.note or "").endswith(end)


@pytest.mark.parametrize("cause", ["refund", "dispute"])
async def test_the_end_that_is_reported_first_keeps_the_beginning_away(
    kiosk: Kiosk, cause: str
) -> None:
    """Failed before created, won before opened: nothing is taken, and there is nothing to tell."""
    await bought(kiosk)
    taken, undone = pair(kiosk, cause)
    for event in (undone, taken, undone, taken):
        await kiosk.report(event)

    assert await kiosk.balance() == 2_000
    assert await corrections(kiosk) == []
    assert await told(kiosk) == []
    assert (await topups.wishes(kiosk.desk, kiosk.account)).enabled


@pytest.mark.parametrize("first", ["refund", "dispute"])
async def test_what_another_still_accounts_for_stays_taken(kiosk: Kiosk, first: str) -> None:
    """Of 1 000, 900 are refunded and all is disputed: each alone decides what is gone."""
    await bought(kiosk)
    refund, failed = pair(kiosk, "refund", 900)
    dispute, won = pair(kiosk, "dispute")
    for event in (refund, dispute):
        await kiosk.report(event)
    assert await kiosk.balance() == 1_000

    await kiosk.report(failed if first == "refund" else won)
    assert await kiosk.balance() == (1_000 if first == "refund" else 1_100)
    await kiosk.report(won if first == "refund" else failed)
    assert await kiosk.balance() == 2_000


@pytest.mark.parametrize("parts", [[1] * 70, [23, 24, 23], [69, 1], [1, 69]])
async def test_refunds_in_parts_take_back_all_to_the_micro_credit(
    lite: Kiosk, parts: list[int]
) -> None:
    """70 minor units bought 10 000 000 micro-credits: no part is a whole number of them."""
    await bought(lite, credit_price=7)
    (payment,) = lite.paid
    returned = 0
    for number, price in enumerate(parts):
        await lite.report(lite.provider.refund(payment, price, number))
        returned += price
        assert -sum(await corrections(lite)) == 1_000 * CENT * returned // 70

    assert await lite.shop.balance(lite.account) == 1_000 * CENT


async def test_a_part_that_fails_leaves_what_the_others_say(kiosk: Kiosk) -> None:
    await bought(kiosk, credit_price=7)
    (payment,) = kiosk.paid
    refunds = [kiosk.provider.refund(payment, 23, number) for number in range(3)]
    for refund in refunds:
        await kiosk.report(refund)
    await kiosk.report(kiosk.provider.refund_failed(refunds[0]))

    assert -sum(await corrections(kiosk)) == 1_000 * CENT * 46 // 70


async def test_credit_that_is_put_back_arms_tiers_again(kiosk: Kiosk) -> None:
    await bought(kiosk)
    tiers = (Tier("warning", 500),)
    await alerting.change_config(
        kiosk.desk, kiosk.account, {"low_balance_enabled": True, "low_balance_tiers": tiers}
    )
    await kiosk.configure(enabled=False)
    taken, undone = pair(kiosk, "refund", 1_000)
    await kiosk.report(taken)
    await kiosk.charge(600)
    await kiosk.report(undone)
    await kiosk.charge(1_000)

    found = await alerting.recent(kiosk.desk, kiosk.account, limit=10, kind="low_balance")
    assert len(found) == 2


async def test_an_end_that_gives_nothing_arms_nothing(lite: Kiosk) -> None:
    """A tier that rang is armed by credit, or by time: not by a report without either."""
    await bought(lite)
    await alerting.change_config(
        lite.desk,
        lite.account,
        {"low_balance_enabled": True, "low_balance_tiers": (Tier("warning", 500),)},
    )
    hold = Reserve(account=lite.account, sku="x", credits=1_600 * CENT)
    await lite.shop.release(await lite.shop.do(hold))
    _, undone = pair(lite, "refund")
    await lite.report(undone)
    await lite.charge(1_600)

    assert len(await alerting.recent(lite.desk, lite.account, kind="low_balance")) == 1


async def test_auto_topup_stays_off_after_a_dispute_was_won(lite: Kiosk) -> None:
    await bought(lite)
    for event in pair(lite, "dispute"):
        await lite.report(event)

    assert not (await topups.wishes(lite.desk, lite.account)).enabled


@pytest.mark.parametrize("order", ["taken, undone", "undone, taken", "undone"])
async def test_what_comes_before_the_payment_is_known_waits_for_it(
    kiosk: Kiosk, order: str
) -> None:
    await kiosk.customer(600, threshold=500, amount=1_000, method=TIMEOUT_THEN_PAID)
    await kiosk.charge(200)
    await kiosk.run()
    taken, undone = pair(kiosk, "refund", 1_000)
    for name in order.split(", "):
        await kiosk.report({"taken": taken, "undone": undone}[name])
    await kiosk.configure(enabled=False)
    await kiosk.run_to_the_end()
    assert await payment_events.take_strays(kiosk.desk) == 1
    await kiosk.report(taken)

    assert await kiosk.balance() == 1_400
    assert await payment_events.take_strays(kiosk.desk) == 0
    await kiosk.agrees()


@pytest.mark.parametrize("table", [tables.topup_correction, tables.topup_reversal])
async def test_the_database_refuses_the_second(kiosk: Kiosk, table: Table) -> None:
    await bought(kiosk)
    for event in pair(kiosk, "refund"):
        await kiosk.report(event)
    row = await kiosk.desk.vault.read(lambda c: c.execute(select(table)).one())
    again = dict(row._mapping) | {"seq": 99}

    with pytest.raises(IntegrityError):
        await kiosk.desk.vault.write(lambda c: c.execute(insert(table).values(again)))


@pytest.mark.parametrize("cause", ["refund", "dispute"])
async def test_two_processes_that_are_told_at_once_put_back_once(
    migrated_postgres_url: str, cause: str
) -> None:
    async with opened(migrated_postgres_url) as one:
        await bought(one)
        async with opened(migrated_postgres_url, one.provider) as two:
            two.account = one.account
            events: list[ProviderEvent] = [*pair(one, cause)] * 4
            await asyncio.gather(*(kiosk.report(event) for event in events for kiosk in (one, two)))

        assert await one.balance() == 2_000
        assert sum(await corrections(one)) == 0
        assert len(await corrections(one)) in (0, 2)
