"""What may be forgotten goes, in small steps; what may still be asked for stays."""

from functools import partial

import pytest

from prepaid.domain import limits
from prepaid.domain.commands import Configure, Reserve
from prepaid.domain.ids import DEFAULT
from prepaid.domain.instants import DAY, HOUR, MINUTE
from prepaid.domain.windows import GLOBAL, PERIOD_MAX
from prepaid.flows import workspaces
from prepaid.flows.pruning import Keeper
from prepaid.store import pruning
from prepaid.store import tables as t
from tests.kit.history import History
from tests.store.forgetting import NOW, all_of, clocked, count, examined, mark


async def test_a_key_holds_for_thirty_days_and_an_imports_for_ever(database_url: str) -> None:
    """Who asks again on day 29 is not charged again; old logs can be imported again any time."""
    async with clocked(database_url) as (shop, hand):
        ada = await shop.account(credits=100)
        keeper = Keeper(shop.desk)
        bought = Reserve(account=ada, sku="report", key="k", settle=True)
        told = Reserve(account=ada, sku="report", key="i", settle=True, occurred_at=NOW - DAY)
        first, imported = await shop.do(bought), await shop.do(told)
        hand.now = NOW + 30 * DAY
        assert await all_of(keeper.keys) == 0
        assert (await shop.do(bought)).seq == first.seq

        hand.now = NOW + 32 * DAY
        assert await all_of(keeper.keys) == 1
        assert (await shop.do(bought)).seq > first.seq
        hand.now = NOW + 500 * DAY
        await all_of(keeper.keys)
        again = await shop.do(told)

        assert (again.seq, again.replayed) == (imported.seq, True)
        assert await count(shop, t.idempotency_key) == 1


async def test_every_old_key_and_mark_goes_whatever_the_steps(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts, routes and young ones between them do not stop the walk."""
    monkeypatch.setattr(pruning, "SCANNED_MAX", 3)
    monkeypatch.setattr(pruning, "DELETED_MAX", 2)
    async with clocked(database_url) as (shop, hand):
        keeper = Keeper(shop.desk)
        people = [await shop.account(credits=100) for _ in range(4)]
        for day in (0, 40):
            hand.now = NOW + day * DAY
            for person in people:
                held = [await shop.reserve(person, key=f"{day}-{n}") for n in range(5)]
                await shop.settle(held[0])
                await shop.desk.vault.write(partial(mark, account=person, at=hand.now))
        old = t.batch.c.at < NOW + DAY
        young = await count(shop, t.batch) - await count(shop, t.batch, old)

        assert await all_of(keeper.keys) == 4 * 5
        assert await count(shop, t.idempotency_key) == 4 * 5
        assert await all_of(keeper.marks) >= 4 * 5
        assert await count(shop, t.batch) == young
        hand.now = NOW + 80 * DAY
        assert await all_of(keeper.keys) == 4 * 5
        await all_of(keeper.marks)
        assert await count(shop, t.batch) == 0


async def test_spend_goes_when_it_is_in_no_window(database_url: str) -> None:
    """Of the whole account, of a workspace, and of one that is archived."""
    async with clocked(database_url) as (shop, hand):
        ada = await shop.account(credits=10_000, sandbox=False)
        keeper = Keeper(shop.desk)
        await History(shop, ada, seed=3).live(0)
        for name in ("default", "acme", "globex"):
            await shop.reserve(ada, workspace=name, settle=True)
        hand.now = NOW + 10 * DAY
        await shop.reserve(ada, workspace="acme", settle=True)
        assert await all_of(keeper.spend) == 0, "thirty days have not gone by"

        hand.now = NOW + 32 * DAY
        await shop.reserve(ada, settle=True)  # moves the windows of the account and `default`
        rows, hours = await count(shop, t.spend), await count(shop, t.spend_hour)
        gone = await all_of(keeper.spend)
        left = await count(shop, t.spend) + await count(shop, t.spend_hour)

        assert gone > 0
        assert left == rows + hours - gone
        assert (await examined(shop, ada)).drift == []


async def test_spend_waits_for_every_frontier_that_will_pass_it(database_url: str) -> None:
    """A spend limit has one of its own over the same rows, and may be behind the window's."""
    async with clocked(database_url) as (shop, hand):
        ada = await shop.account(credits=10_000, sandbox=False)
        keeper = Keeper(shop.desk)
        for day in (0, 1, 40):
            hand.now = NOW + day * DAY
            await shop.reserve(ada, settle=True)
        behind = limits.pack(limits.LimitState(tail=NOW + DAY // 2))
        window = t.spend_window.c
        update = t.spend_window.update().where(window.scope == DEFAULT)
        await shop.desk.vault.write(lambda c: c.execute(update.values(limit_state=behind)))
        await all_of(keeper.spend)
        mine = t.spend.c.scope == DEFAULT

        assert await count(shop, t.spend, mine) == 2
        assert await count(shop, t.spend, t.spend.c.scope == GLOBAL) == 1
        await shop.desk.vault.write(lambda c: c.execute(update.values(limit_state=None)))
        await all_of(keeper.spend)
        assert await count(shop, t.spend, mine) == 1


async def test_an_idle_window_still_passes_what_it_has_not_passed(database_url: str) -> None:
    """Rows and hours right behind its frontier are old, but it will subtract them one day."""
    month: dict[str, object] = {"high_usage_period_minutes": PERIOD_MAX // MINUTE}
    async with clocked(database_url) as (shop, hand):
        ada = await shop.account(credits=10_000, sandbox=False)
        await workspaces.create(shop.desk, ada, "acme", "Acme")
        await shop.do(Configure(account=ada, changes=month))
        for minutes in (1, 10, 70, 130, 190):
            hand.now = NOW + minutes * MINUTE
            await shop.reserve(ada, workspace="acme", settle=True)
        hand.now = NOW + 30 * DAY + 5 * MINUTE  # its frontier comes to the fifth minute
        await shop.reserve(ada, workspace="acme", settle=True)
        hand.now = NOW + 31 * DAY + 12 * HOUR
        await shop.reserve(ada, settle=True)
        gone = await all_of(Keeper(shop.desk).spend)
        hand.now = NOW + 32 * DAY
        await shop.reserve(ada, workspace="acme", settle=True)

        assert gone >= 1
        assert (await examined(shop, ada)).drift == []
