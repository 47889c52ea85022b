"""The way to PostgreSQL breaks: nothing acknowledged is lost, nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Configure, Reserve
from prepaid.store.batching import writer
from prepaid.store.batching.hot import OutcomeUnknown, Unavailable
from prepaid.store.postgres.database import PostgresLane
from prepaid.web import errors
from tests.kit.proxy import RARE_COMMIT, Proxy, proxied
from tests.kit.shop import Shop, opened
from tests.store.crowds import Crowd, check_falling, crowd
from tests.store.recount import recount

CALLERS = 8
REPORT = 2 * CREDIT


@pytest.fixture
async def proxy(migrated_postgres_url: str) -> AsyncIterator[Proxy]:
    async with proxied(migrated_postgres_url) as made:
        yield made


@pytest.fixture
async def far_shop(proxy: Proxy) -> AsyncIterator[Shop]:
    """A shop whose database is reached through the proxy only."""
    async with opened(proxy.url) as made:
        yield made


async def ask(shop: Shop, ada: int, keys: str | None) -> Crowd:
    """Every caller charges once, all at the same time."""
    return await crowd(
        shop.reserve(ada, key=None if keys is None else f"{keys}{n}", settle=True)
        for n in range(CALLERS)
    )


@pytest.mark.parametrize("keys", ["k", None])
@pytest.mark.parametrize("plan", [Proxy.before_commit, Proxy.after_commit, Proxy.late_commit])
async def test_a_lost_commit_neither_loses_nor_doubles(
    far_shop: Shop, proxy: Proxy, plan: Callable[[Proxy], None], keys: str | None
) -> None:
    """Whether it took effect is found out, with a key and without; the caller notices nothing."""
    ada = await far_shop.account(credits=100)
    plan(proxy)
    told = await ask(far_shop, ada, keys)

    assert proxy.is_idle
    assert proxy.cuts == 1
    assert not told.failed
    assert not told.refused
    check_falling(told.outcomes)
    kept = await recount(far_shop.desk.vault, ada)
    assert set(kept.charges) == {outcome.seq for outcome in told.outcomes}
    assert kept.balance == 100 * CREDIT - CALLERS * REPORT
    assert len(kept.keys) == (0 if keys is None else CALLERS)
    assert not any(outcome.replayed for outcome in told.outcomes)


@pytest.mark.parametrize("plan", [Proxy.before_commit, Proxy.after_commit, Proxy.late_commit])
async def test_several_accounts_in_a_lost_commit_are_all_told_right(
    far_shop: Shop, proxy: Proxy, plan: Callable[[Proxy], None]
) -> None:
    """The batch's mark lies with one of its accounts only."""
    people = [await far_shop.account(credits=3) for _ in range(6)]
    plan(proxy)
    told = await crowd(far_shop.reserve(person) for person in people for _ in range(3))

    assert proxy.cuts == 1
    assert not told.failed
    assert told.refused == ["insufficient_funds"] * 6
    for person in people:
        kept = await recount(far_shop.desk.vault, person)
        assert (len(kept.charges), kept.balance) == (2, -CREDIT)


async def test_the_outcome_is_asked_for_until_the_database_is_back(
    far_shop: Shop, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To give up earlier would be to answer `nothing has changed` without knowing it."""
    monkeypatch.setattr(writer, "PATIENCE_S", 0.01)
    ada = await far_shop.account(credits=100)
    proxy.after_commit()
    proxy.refusing = True
    asking = asyncio.create_task(far_shop.reserve(ada))
    await proxy.refused(5)
    assert not asking.done()
    proxy.refusing = False

    outcome = await asking
    assert outcome.balance == 98 * CREDIT
    kept = await recount(far_shop.desk.vault, ada)
    assert list(kept.charges) == [outcome.seq]


async def test_a_stop_does_not_wait_for_ever_to_hear_of_a_lost_commit(
    far_shop: Shop, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hears that nobody knows, never that nothing has changed; its key will tell."""
    monkeypatch.setattr(writer, "PATIENCE_S", 0.2)
    ada = await far_shop.account(credits=100)
    proxy.after_commit()
    proxy.refusing = True
    asking = asyncio.create_task(far_shop.reserve(ada, key="k"))
    await proxy.refused(1)
    later = asyncio.create_task(far_shop.reserve(ada))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await far_shop.desk.vault.writers[0].stop()

    told = await asyncio.gather(asking, later, return_exceptions=True)
    assert [type(error) for error in told] == [OutcomeUnknown, Unavailable]
    proxy.refusing = False
    kept = await recount(far_shop.desk.vault, ada)
    assert len(kept.charges) == 1


@pytest.mark.parametrize("plan", [Proxy.before_commit, Proxy.after_commit])
async def test_a_rare_write_whose_commit_is_lost_never_claims_that_nothing_changed(
    far_shop: Shop, proxy: Proxy, plan: Callable[[Proxy], None]
) -> None:
    """A new account, a key: whoever asked is told to look whether it was done."""
    proxy.commit = RARE_COMMIT
    plan(proxy)
    with pytest.raises(OutcomeUnknown):
        await far_shop.account(credits=0)

    assert proxy.cuts == 1
    problem = errors.envelope(OutcomeUnknown("cut"))
    assert problem.status_code == 503
    assert "may have been done" in problem.error.message


async def test_a_lost_commit_of_a_change_of_rules_is_not_repeated(
    far_shop: Shop, proxy: Proxy
) -> None:
    """The batch of rules leaves its mark as any other does."""
    ada = await far_shop.account(credits=100)
    before = await recount(far_shop.desk.vault, ada)
    proxy.after_commit()
    outcome = await far_shop.do(Configure(account=ada, changes={"low_balance_enabled": True}))

    assert proxy.cuts == 1
    after = await recount(far_shop.desk.vault, ada)
    assert after.seq == outcome.seq
    assert after.seq - before.seq <= 1


@pytest.mark.parametrize("side", [Proxy.at_request, Proxy.at_answer])
@pytest.mark.parametrize(("is_new", "step"), [(False, 1), (True, 5)])
async def test_a_cut_at_any_message_of_a_batch_is_survived(
    far_shop: Shop, proxy: Proxy, side: Callable[[Proxy, int], None], is_new: bool, step: int
) -> None:
    """Each message of a batch is the last one once, on a connection in use and on a new one."""
    ada = await far_shop.account(credits=10_000)
    (lane,) = far_shop.desk.vault.database.lanes()
    assert isinstance(lane, PostgresLane)
    for place in count(1, step):
        if is_new:
            await lane.drop()
        side(proxy, place)
        told = await ask(far_shop, ada, f"{place}-" if place % 2 else None)
        assert not told.failed
        assert not told.refused
        check_falling(told.outcomes)
        if not proxy.is_idle:  # the batch has fewer messages
            break

    rounds = proxy.cuts + 1
    assert rounds > 8
    kept = await recount(far_shop.desk.vault, ada)
    assert len(kept.charges) == rounds * CALLERS
    assert kept.used == rounds * CALLERS * REPORT


async def test_a_database_that_is_away_is_said_so_and_then_used_again(
    far_shop: Shop, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Unavailable` means that nothing has changed; no restart of ours is needed."""
    monkeypatch.setattr(writer, "PATIENCE_S", 0.2)
    ada = await far_shop.account(credits=100)
    proxy.refusing = True
    await proxy.close()
    away = await ask(far_shop, ada, "k")
    with pytest.raises(Unavailable):
        await far_shop.balance(ada)
    proxy.refusing = False
    back = await ask(far_shop, ada, "k")

    assert [type(error) for error in away.failed] == [Unavailable] * CALLERS
    assert len(back.outcomes) == CALLERS
    assert not any(outcome.replayed for outcome in back.outcomes)
    kept = await recount(far_shop.desk.vault, ada)
    assert kept.balance == 100 * CREDIT - CALLERS * REPORT


async def test_rules_that_a_broken_batch_did_not_read_are_read_by_the_next(
    proxy: Proxy, migrated_postgres_url: str
) -> None:
    """A half-filled directory must not stand for an account that wants no alerts."""
    async with opened(migrated_postgres_url) as near:
        ada = await near.account(credits=1_001)
        changes: dict[str, object] = {"low_balance_enabled": True}
        await near.do(Configure(account=ada, changes=changes))
    async with opened(proxy.url) as far:
        writer_ = far.desk.vault.writers[0]
        for place in count(1, 2):
            proxy.at_request(place)
            writer_._directories._known.clear()
            await far.do(Reserve(account=ada, sku="free"))
            directory = writer_._directories._known[ada]
            assert directory.config.low_balance_enabled
            if not proxy.is_idle:  # the batch has fewer messages
                break

        assert proxy.cuts > 5
