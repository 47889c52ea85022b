"""How far back usage may be told, and how long a hold may last: to the very second."""

import pytest

from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import CENT, CREDIT
from prepaid.domain.commands import Configure, Reserve
from prepaid.domain.instants import DAY, SECOND, iso_micros
from prepaid.flows import alerting
from tests.kit.shop import OPERATOR_KEY, Shop
from tests.simulation.clocked import Hand
from tests.store.recount import recount

HEADERS = {"x-operator-key": OPERATOR_KEY}


@pytest.mark.parametrize(
    ("age", "status"), [(0, 201), (400 * DAY, 201), (400 * DAY + SECOND, 400), (-SECOND, 400)]
)
async def test_imports_reach_back_400_days_and_never_forward(
    timed_shop: Shop, hand: Hand, age: int, status: int
) -> None:
    """Through the door, with the time as it is written there."""
    ada = await timed_shop.account(credits=10)
    hand.now = hand.now + 10 * SECOND
    item = {
        "accountId": f"acc_{ada:016x}",
        "sku": "page",
        "idempotencyKey": "k",
        "occurredAt": iso_micros(hand.now - age),
    }
    async with timed_shop.door() as client:
        answer = await client.post(
            "/v2/operator/charges/batch",
            json={"charges": [item]},
            headers=HEADERS,
        )

    (result,) = answer.json()["results"]
    assert result["status"] == status, result
    account = await recount(timed_shop.desk.vault, ada)
    assert account.used == (CENT if status == 201 else 0)
    for charge in account.charges.values():
        assert (charge.reserved_at, charge.status) == (hand.now - age, "settled")


async def test_time_of_an_account_goes_on_though_the_clock_stands_or_steps_back(
    timed_shop: Shop, hand: Hand
) -> None:
    """No two batches have one time: a charge would be on both sides of a window's edge."""
    ada = await timed_shop.account(credits=10)
    times = []
    for step in (0, 0, -DAY, 0, DAY, SECOND):
        hand.now += step
        done = await timed_shop.reserve(ada, "page")
        assert done.charge is not None
        times.append(done.charge.reserved_at)

    assert times == sorted(set(times))
    assert times[-1] == hand.now
    await recount(timed_shop.desk.vault, ada)


async def test_an_import_ignores_the_balance(timed_shop: Shop, hand: Hand) -> None:
    """What has happened has happened."""
    ada = await timed_shop.account(credits=0)
    done = await timed_shop.do(
        Reserve(account=ada, sku="report", settle=True, occurred_at=hand.now - 100 * DAY)
    )

    assert done.balance == -2 * CREDIT
    assert (await recount(timed_shop.desk.vault, ada)).used == 2 * CREDIT


@pytest.mark.parametrize(("age", "rung"), [(30 * DAY, 1), (30 * DAY + 1, 0)])
async def test_usage_older_than_30_days_looks_at_no_window(
    timed_shop: Shop, hand: Hand, age: int, rung: int
) -> None:
    """A tier whose condition is true already rings at the next usage, not at what is history."""
    ada = await timed_shop.account(credits=10)
    await timed_shop.reserve(ada, settle=True)
    rules: dict[str, object] = {
        "global_high_usage_enabled": True,
        "global_high_usage_tiers": (Tier("warning", 100),),
    }
    await timed_shop.do(Configure(account=ada, changes=rules))
    hand.now += SECOND
    await timed_shop.do(Reserve(account=ada, sku="page", settle=True, occurred_at=hand.now - age))

    assert len(await alerting.recent(timed_shop.desk, ada)) == rung


@pytest.mark.parametrize(
    ("ttl", "status"), [(1, 201), (86_400, 201), (0, 400), (86_401, 400), (-1, 400), (1.5, 400)]
)
async def test_a_hold_lasts_from_a_second_to_a_day(
    timed_shop: Shop, ttl: float, status: int
) -> None:
    ada = await timed_shop.account(credits=10)
    async with timed_shop.door() as client:
        answer = await client.post(
            "/v2/operator/charges",
            json={"accountId": f"acc_{ada:016x}", "sku": "page", "ttlSeconds": ttl},
            headers=HEADERS,
        )

    assert answer.status_code == status
    account = await recount(timed_shop.desk.vault, ada)
    assert len(account.charges) == (status == 201)
    for charge in account.charges.values():
        assert charge.expires_at == charge.reserved_at + ttl * SECOND
