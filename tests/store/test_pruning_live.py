"""Forgetting goes on beside live requests, and what is left still adds up."""

import asyncio

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.ids import AccountId
from prepaid.flows.pruning import Keeper
from prepaid.store import marks
from prepaid.store.batching.hot import OutcomeUnknown
from tests.kit.history import History
from tests.kit.proxy import proxied
from tests.kit.shop import Shop
from tests.store.forgetting import all_of, clocked, examined


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_doctor_finds_nothing_missing_after_it(shop: Shop, seed: int) -> None:
    """Months of any life, archived clients and late refunds in it, with all that is old gone."""
    ada = await shop.account(credits=400)
    history, keeper = History(shop, ada, seed), Keeper(shop.desk)
    await history.live(25)
    gone = 0
    for _ in range(4):
        await history.go_on(25)
        await shop.later(ada, 20 * 86_400)
        await shop.reserve(ada, settle=True)
        gone += await all_of(keeper.spend)
        assert (await examined(shop, ada)).drift == []

    assert gone > 0


async def test_live_requests_and_forgetting_do_not_meet(shop: Shop) -> None:
    """Charges, a clock that leaps, and everything old going away, all at the same time."""
    ada = await shop.account(credits=10_000)
    await History(shop, ada, seed=5).live(0)
    keepers, done = [Keeper(shop.desk), Keeper(shop.desk)], asyncio.Event()
    gone = 0

    async def forget(keeper: Keeper) -> None:
        nonlocal gone
        while not done.is_set():
            dropped = await keeper.spend()
            gone += dropped  # in one step: the other keeper counts meanwhile
            await keeper.keys()
            await keeper.marks()

    async def charge(name: str) -> None:
        for n in range(12):
            held = await shop.reserve(ada, workspace=name, key=f"{name}{n}")
            await (shop.settle(held, 1) if n % 2 else shop.release(held))

    async def leap() -> None:
        for _ in range(8):
            await shop.later(ada, 9 * 86_400)
            await asyncio.gather(*(charge_once(shop, ada) for _ in range(4)))

    forgetting = [asyncio.create_task(forget(keeper)) for keeper in keepers]
    await asyncio.gather(*(charge(name) for name in ("default", "acme", "globex")), leap())
    for name in ("default", "acme", "globex"):
        await shop.reserve(ada, workspace=name, settle=True)
    done.set()
    await asyncio.gather(*forgetting)
    gone += await all_of(keepers[0].spend)
    found = await examined(shop, ada)

    assert gone > 0
    assert found.drift == []
    assert found.charges == 3 * 12 + 8 * 4 + 3


async def charge_once(shop: Shop, account: AccountId) -> None:
    await shop.reserve(account, settle=True)


async def test_a_commit_lost_longer_than_marks_are_kept_is_not_run_again(
    migrated_postgres_url: str,
) -> None:
    """Its mark may have been deleted, so that it is not there says nothing any more."""
    assert marks.ASKED < marks.KEPT
    async with proxied(migrated_postgres_url) as proxy, clocked(proxy.url) as (shop, hand):
        ada = await shop.account(credits=10)
        hand.now = 2**52  # the year 2112: a machine that slept through the week, and more
        proxy.before_commit()
        with pytest.raises(OutcomeUnknown):
            await shop.reserve(ada, settle=True)

        assert (await shop.reserve(ada, settle=True)).balance == 8 * CREDIT
