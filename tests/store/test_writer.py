"""The batching writer: commits are shared, faults are not, and the queue has an end."""

import asyncio
from collections.abc import Callable

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Reserve
from prepaid.domain.refusals import Refusal
from prepaid.store.batching import writer
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.hot import HotTransaction, Unavailable
from prepaid.store.batching.writer import Overloaded, Writer
from prepaid.store.vault import Vault, open_database
from tests.kit.shop import OPERATOR_KEY, Shop
from tests.store.crowds import crowd, in_order
from tests.store.recount import recount

CALLERS = 64
BAD = {
    "text that cannot be encoded": lambda ada: Reserve(account=ada, sku="\ud800", credits=1),
    "a number that no column holds": lambda ada: Reserve(account=ada, sku="a", credits=2**63),
    "a key that cannot be encoded": lambda ada: Reserve(account=ada, sku="free", key="\ud800"),
}


async def check_neighbours(shop: Shop, bad: Reserve) -> None:
    """One caller fails; what the other 63 asked is done, once."""
    ada = bad.account
    calls = [shop.reserve(ada, key=f"k{n}") for n in range(CALLERS - 1)]
    calls.insert(CALLERS // 3, shop.do(bad))
    told = await crowd(calls)

    assert len(told.failed) == 1
    assert not told.refused
    assert len(in_order(told.outcomes)) == CALLERS - 1
    kept = await recount(shop.desk.vault, ada)
    assert set(kept.charges) == {outcome.seq for outcome in told.outcomes}
    assert kept.used == (CALLERS - 1) * 2 * CREDIT


@pytest.mark.parametrize("kind", BAD)
async def test_one_bad_command_does_not_fail_its_batch(shop: Shop, kind: str) -> None:
    ada = await shop.account(credits=1_000)
    await check_neighbours(shop, BAD[kind](ada))


async def test_what_only_the_server_refuses_does_not_fail_the_batch(postgres_shop: Shop) -> None:
    """PostgreSQL has no NUL in its text, and says so in the middle of the transaction."""
    ada = await postgres_shop.account(credits=1_000)
    await check_neighbours(postgres_shop, Reserve(account=ada, sku="a\0b", credits=1))


async def test_several_bad_commands_are_all_found(shop: Shop) -> None:
    ada = await shop.account(credits=1_000)
    make: list[Callable[[int], Reserve]] = list(BAD.values())
    told = await crowd(
        shop.do(make[n % 3](ada)) if n % 5 == 0 else shop.reserve(ada) for n in range(CALLERS)
    )

    assert len(told.failed) == 13
    assert len(in_order(told.outcomes)) == CALLERS - 13
    assert len((await recount(shop.desk.vault, ada)).charges) == CALLERS - 13


async def test_callers_at_the_same_time_share_commits(shop: Shop) -> None:
    """That is what makes a busy system cheap; no batch is larger than its bound."""
    ada = await shop.account(credits=1_000)
    (lane,) = shop.desk.vault.writers
    before = lane.batches
    await crowd(shop.reserve(ada, "free") for _ in range(CALLERS))

    assert lane.batches - before <= 2
    before = lane.batches
    await crowd(shop.reserve(ada, "free") for _ in range(2 * writer.BATCH_MAX + 1))
    assert lane.batches - before >= 3


async def test_above_its_bound_the_queue_refuses_and_does_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with nothing half done; as soon as there is room again, it goes on."""
    monkeypatch.setattr(writer, "QUEUE_MAX", 100)
    ada = await shop.account(credits=1_000)
    told = await crowd(shop.reserve(ada, key=f"{n}") for n in range(164))

    assert [type(error) for error in told.failed] == [Overloaded] * 64
    kept = await recount(shop.desk.vault, ada)
    assert set(kept.charges) == {outcome.seq for outcome in in_order(told.outcomes)}
    assert len(kept.charges) == 100
    again = await crowd(shop.reserve(ada, key=f"{n}") for n in range(100, 164))
    assert len(again.outcomes) == 64
    assert not any(outcome.replayed for outcome in again.outcomes)


async def test_a_full_queue_is_503_and_says_when_to_come_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await shop.account(credits=1_000)
    monkeypatch.setattr(writer, "QUEUE_MAX", 0)
    async with shop.door() as client:
        answer = await client.post(
            "/v2/operator/charges",
            json={"accountId": f"acc_{ada:016x}", "sku": "report"},
            headers={"x-operator-key": OPERATOR_KEY},
        )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"]["code"] == "overloaded"


async def test_what_is_queued_at_a_stop_is_committed(shop: Shop) -> None:
    """A polite end loses nobody; after it nothing is taken."""
    ada = await shop.account(credits=1_000)
    asking = [asyncio.create_task(shop.reserve(ada)) for _ in range(CALLERS)]
    await asyncio.sleep(0)
    await shop.desk.vault.writers[0].stop()
    outcomes = await asyncio.gather(*asking)

    assert len(in_order(outcomes)) == CALLERS
    with pytest.raises(Overloaded):
        await shop.reserve(ada)
    assert len((await recount(shop.desk.vault, ada)).charges) == CALLERS


async def test_callers_that_go_away_disturb_nobody(shop: Shop) -> None:
    """What they asked may be done all the same: they can find out by their key."""
    ada = await shop.account(credits=1_000)
    asking = [asyncio.create_task(shop.reserve(ada, key=f"{n}")) for n in range(CALLERS)]
    await asyncio.sleep(0)
    for task in asking[::2]:
        task.cancel()
    stayed = await asyncio.gather(*asking[1::2])
    again = await crowd(shop.reserve(ada, key=f"{n}") for n in range(CALLERS))

    assert len(stayed) == CALLERS // 2
    assert all(outcome.replayed for outcome in again.outcomes[1::2])
    assert len((await recount(shop.desk.vault, ada)).charges) == CALLERS


class AwayLane:
    """A lane to a database that is away."""

    def __init__(self) -> None:
        self.asked = 0

    async def begin(self) -> HotTransaction:
        self.asked += 1
        raise Unavailable("nobody there")


async def test_a_caller_that_fails_at_its_answer_costs_nobody_theirs(shop: Shop) -> None:
    """Answers are given one after the other: the writer must outlive whatever one of them does."""
    ada = await shop.account(credits=1_000)
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: reported.append(told))
    fault = RuntimeError("cannot take the answer")

    def fail(_: object) -> None:
        raise fault

    shop.desk.vault.enqueue(Reserve(account=ada, sku="a", credits=1), fail)
    told = await crowd(shop.reserve(ada) for _ in range(CALLERS))
    again = await shop.reserve(ada)

    assert [one["exception"] for one in reported] == [fault]
    assert len(told.outcomes) == CALLERS
    assert again.seq == CALLERS + 3  # after the grant, and what was charged and not taken


async def test_a_database_that_is_away_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again by each batch in the queue: the last caller's answer would come after minutes."""
    monkeypatch.setattr(writer, "PATIENCE_S", 0.12)
    lane = AwayLane()
    made = Writer(lane, Directories())
    made.start()
    told = await crowd(
        made.submit(Reserve(account=1, sku="a")) for _ in range(6 * writer.BATCH_MAX)
    )
    await made.stop()

    assert {type(error) for error in told.failed} == {Unavailable}
    assert len(told.failed) == 6 * writer.BATCH_MAX
    # At once and 50 ms later, for the second batch perhaps too; then once for each other batch.
    assert lane.asked <= 2 + 2 + 4


async def test_two_lanes_share_the_accounts(migrated_postgres_url: str) -> None:
    """Each account has its lane, so its commands keep their order."""
    vault = Vault(open_database(migrated_postgres_url, lanes=2))
    vault.start()
    try:
        with pytest.raises(Refusal, match="account"):
            await vault.submit(Reserve(account=4, sku="a"))
        with pytest.raises(Refusal, match="account"):
            await vault.submit(Reserve(account=5, sku="a"))
        assert [lane.commands for lane in vault.writers] == [1, 1]
    finally:
        await vault.stop()
