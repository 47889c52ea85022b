"""64 callers on one account: the balance is never shared out twice, whoever writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Reserve
from prepaid.store.vault import Vault, open_database
from tests.kit.shop import Shop, opened
from tests.store.crowds import check_falling, crowd, in_order
from tests.store.recount import recount

CALLERS = 64
AFFORDABLE = 40  # reports of 2 credits
REPORT = 2 * CREDIT
PAGE = CREDIT // 100


@pytest.fixture
async def vaults(migrated_postgres_url: str) -> AsyncIterator[tuple[Shop, list[Vault]]]:
    """A shop, and two processes' worth of writers on its database."""
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(opened(migrated_postgres_url))
        other = Vault(open_database(migrated_postgres_url))
        other.start()
        stack.push_async_callback(other.stop)
        yield shop, [shop.desk.vault, other]


async def test_exactly_as_many_succeed_as_the_balance_allows(shop: Shop) -> None:
    """Nobody is let through on a balance that somebody else has just taken."""
    ada = await shop.account(credits=2 * AFFORDABLE)
    told = await crowd(shop.reserve(ada) for _ in range(CALLERS))

    assert not told.failed
    assert len(told.outcomes) == AFFORDABLE
    assert told.refused == ["insufficient_funds"] * (CALLERS - AFFORDABLE)
    check_falling(told.outcomes)
    kept = await recount(shop.desk.vault, ada)
    assert kept.balance == 0
    assert kept.used == AFFORDABLE * REPORT
    assert set(kept.charges) == {outcome.seq for outcome in told.outcomes}


async def test_two_writers_share_one_hot_account_without_a_stale_read(
    vaults: tuple[Shop, list[Vault]],
) -> None:
    """A statement that waited for the lock must not go on with what it read before the wait."""
    shop, writers = vaults
    ada = await shop.account(credits=2 * AFFORDABLE)
    told = await crowd(
        writers[n % 2].submit(Reserve(account=ada, sku="report")) for n in range(CALLERS)
    )

    assert not told.failed
    assert len(told.outcomes) == AFFORDABLE
    check_falling(told.outcomes)
    kept = await recount(shop.desk.vault, ada)
    assert (kept.balance, kept.used) == (0, AFFORDABLE * REPORT)
    assert set(kept.charges) == {outcome.seq for outcome in told.outcomes}


async def test_two_writers_in_turn_keep_every_sum(vaults: tuple[Shop, list[Vault]]) -> None:
    """Batches of both interleave many times: no sum may be read before the other's commit."""
    shop, writers = vaults
    ada = await shop.account(credits=1_000)

    async def ask(writer: Vault) -> list[Outcome]:
        command = Reserve(account=ada, sku="page", settle=True)
        return [await writer.submit(command) for _ in range(10)]

    told = await asyncio.gather(*(ask(writers[n % 2]) for n in range(32)))

    outcomes = [outcome for each in told for outcome in each]
    assert len(in_order(outcomes)) == 320
    check_falling(outcomes)
    kept = await recount(shop.desk.vault, ada)
    assert kept.used == 320 * PAGE
    assert min(writer.writers[0].batches for writer in writers) >= 10


async def test_time_order_is_seq_order(vaults: tuple[Shop, list[Vault]]) -> None:
    """The account's time strictly increases, whichever process writes it."""
    shop, writers = vaults
    ada = await shop.account(credits=1_000)
    told = await crowd(
        writers[n % 2].submit(Reserve(account=ada, sku="page")) for n in range(CALLERS)
    )

    times = [o.charge.reserved_at for o in in_order(told.outcomes) if o.charge is not None]
    assert len(times) == CALLERS
    assert times == sorted(times)


async def test_one_key_asked_for_fifty_times_at_once_charges_once(shop: Shop) -> None:
    """The twin waits and gets the same answer."""
    ada = await shop.account(credits=10)
    told = await crowd(shop.reserve(ada, key="k", settle=True) for _ in range(50))

    assert not told.failed
    assert sorted(outcome.replayed for outcome in told.outcomes) == [False] + [True] * 49
    assert len({outcome.charge for outcome in told.outcomes}) == 1
    kept = await recount(shop.desk.vault, ada)
    assert (len(kept.charges), kept.balance) == (1, 8 * CREDIT)


async def test_one_key_asked_for_through_two_processes_charges_once(
    vaults: tuple[Shop, list[Vault]],
) -> None:
    shop, writers = vaults
    ada = await shop.account(credits=10)
    command = Reserve(account=ada, sku="report", key="k")
    told = await crowd(writers[n % 2].submit(command) for n in range(50))

    assert not told.failed
    assert sorted(outcome.replayed for outcome in told.outcomes) == [False] + [True] * 49
    assert len({outcome.charge for outcome in told.outcomes}) == 1
    kept = await recount(shop.desk.vault, ada)
    assert (len(kept.charges), kept.balance) == (1, 8 * CREDIT)


async def test_one_batch_of_many_accounts_keeps_them_apart(shop: Shop) -> None:
    """A shared commit shares nothing else."""
    people = [await shop.account(credits=2 * n) for n in range(1, 17)]
    told = await crowd(shop.reserve(person) for person in people for _ in range(8))

    assert not told.failed
    for n, person in enumerate(people, 1):
        kept = await recount(shop.desk.vault, person)
        assert len(kept.charges) == min(n, 8)
        assert kept.balance == 2 * CREDIT * max(n - 8, 0)
