"""What is recorded of a crossing for those who deliver it, and what pruned rows leave behind."""

import pytest
from sqlalchemy import Connection, delete, func, select

from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Configure, ConfigureWorkspace, Reserve, Settle
from prepaid.domain.ids import DEFAULT, AccountId
from prepaid.domain.instants import DAY, HOUR, MINUTE
from prepaid.domain.windows import ROWS_KEPT
from prepaid.flows import alerting, tier_states
from prepaid.store import tables as t
from tests.kit.shop import Shop
from tests.simulation.clocked import Hand

ONE = (Tier("warning", 1),)
ALL_ON: dict[str, object] = {
    "low_balance_enabled": True,
    "low_balance_tiers": (Tier("warning", 10**6),),
    "global_high_usage_enabled": True,
    "global_high_usage_tiers": ONE,
    "high_usage_enabled": True,
    "high_usage_tiers": ONE,
}
MONTH: dict[str, object] = {
    "global_high_usage_enabled": True,
    "global_high_usage_period_minutes": 43_200,
    "global_high_usage_tiers": (Tier("warning", 60),),
}


async def configured(shop: Shop, changes: dict[str, object]) -> AccountId:
    ada = await shop.account(credits=100)
    await shop.do(Configure(account=ada, changes=changes))
    return ada


async def spend(shop: Shop, account: AccountId, cents: int, ttl: int | None = None) -> int:
    command = Reserve(account=account, sku="x", credits=cents * CENT, settle=ttl is None)
    if ttl is not None:
        command = Reserve(account=account, sku="x", credits=cents * CENT, ttl=ttl)
    return (await shop.do(command)).seq


async def spent(shop: Shop, account: AccountId) -> int:
    state = await tier_states.state(shop.desk, account)
    return state.everything.value // CENT


@pytest.mark.parametrize("email", [True, False])
@pytest.mark.parametrize("webhook", [True, False])
async def test_a_crossing_keeps_the_channels_that_were_on_when_it_fired(
    shop: Shop, email: bool, webhook: bool
) -> None:
    """Both off: it is recorded for `recent`, and nobody has anything to deliver."""
    channels = {
        f"{kind}_{channel}_enabled": on
        for kind in ("low_balance", "global_high_usage", "high_usage")
        for channel, on in (("email", email), ("webhook", webhook))
    }
    ada = await configured(shop, ALL_ON | channels)
    await spend(shop, ada, 1)
    await shop.do(Configure(account=ada, changes=dict.fromkeys(channels, True)))
    found = await alerting.recent(shop.desk, ada)

    assert [(one.notification.email, one.notification.webhook) for one in found] == [
        (email, webhook)
    ] * 3
    assert [(one.email_sent, one.webhook_sent) for one in found] == [(False, False)] * 3


async def test_an_override_routes_its_workspaces_pass_alone(shop: Shop) -> None:
    ada = await configured(shop, ALL_ON)
    changes: dict[str, object] = {"high_usage_email_enabled": False}
    await shop.do(ConfigureWorkspace(account=ada, workspace=DEFAULT, changes=changes))
    await spend(shop, ada, 1)
    found = [one.notification for one in await alerting.recent(shop.desk, ada)]

    assert [(one.scope, one.email) for one in found] == [(DEFAULT, False), (0, True), (0, True)]


def prune(connection: Connection, account: AccountId, now: int) -> int:
    """What may be pruned: rows older than 31 days and behind their scope's frontier."""
    s, w = t.spend.c, t.spend_window.c
    behind = select(w.tail).where(w.account_id == account, w.scope == s.scope).scalar_subquery()
    found = connection.execute(
        delete(t.spend).where(s.account_id == account, s.at <= now - ROWS_KEPT, s.at <= behind)
    )
    return int(found.rowcount)


async def test_a_charge_whose_rows_are_pruned_is_counted_right(
    timed_shop: Shop, hand: Hand
) -> None:
    """Settled after that, refunded after that, or with another period: the sum stays exact."""
    shop = timed_shop
    ada = await configured(shop, MONTH)
    held = await spend(shop, ada, 30, ttl=DAY)
    old = await spend(shop, ada, 20)
    hand.now += 32 * DAY
    await spend(shop, ada, 7)
    assert await shop.desk.vault.write(lambda c: prune(c, ada, hand.now)) > 0

    await shop.do(Settle(account=ada, charge=held, credits=45 * CENT))
    await shop.refund(await shop.do(Settle(account=ada, charge=old)), 0.1)
    assert await spent(shop, ada) == 7
    for minutes in (5, 43_200, 60):
        changes: dict[str, object] = {"global_high_usage_period_minutes": minutes}
        await shop.do(Configure(account=ada, changes=changes))
        assert await spent(shop, ada) == 7

    await spend(shop, ada, 52)
    assert await alerting.recent(shop.desk, ada) == []
    await spend(shop, ada, 1)
    assert len(await alerting.recent(shop.desk, ada)) == 1


async def test_an_idle_window_keeps_the_rows_it_has_not_passed(
    timed_shop: Shop, hand: Hand
) -> None:
    """A row of 40 days ago is old, but the account's frontier has yet to subtract it."""
    shop = timed_shop
    ada = await configured(shop, MONTH)
    await spend(shop, ada, 30)
    hand.now += 20 * DAY
    await spend(shop, ada, 4)
    hand.now += 20 * DAY
    pruned = await shop.desk.vault.write(lambda c: prune(c, ada, hand.now))
    assert pruned == 1, "that of the workspace, whose window is a day"

    await spend(shop, ada, 5)
    assert await spent(shop, ada) == 9


async def test_an_expiry_and_a_longer_period_at_once_count_no_row_twice(
    timed_shop: Shop, hand: Hand
) -> None:
    """Both are in one batch: what the period takes back in, the expiry has just given back."""
    shop = timed_shop
    changes: dict[str, object] = {"global_high_usage_period_minutes": 60}
    ada = await configured(shop, MONTH | changes)
    held = await spend(shop, ada, 30, ttl=MINUTE)
    hand.now += HOUR + MINUTE
    changes = {"global_high_usage_period_minutes": 90}
    await shop.do(Configure(account=ada, changes=changes))
    assert await spent(shop, ada) == 0

    await shop.do(Settle(account=ada, charge=held, credits=31 * CENT))
    assert await spent(shop, ada) == 31


async def test_a_long_idle_window_empties_by_whole_hours(timed_shop: Shop, hand: Hand) -> None:
    """The ladder says the same as the rows, whatever was corrected meanwhile."""
    shop = timed_shop
    ada = await configured(shop, MONTH)
    seqs = []
    for _ in range(60):
        seqs.append(await spend(shop, ada, 1, ttl=DAY))
        hand.now += 37 * MINUTE
    for seq in seqs[::3]:
        await shop.do(Settle(account=ada, charge=seq, credits=3 * CENT))
    hand.now += 2 * HOUR
    last = await spent(shop, ada)
    rows = await shop.desk.vault.read(lambda c: _total(c, ada))
    assert last * CENT == rows

    for minutes in (43_200, 1_440, 600, 90, 1_440, 43_200):
        changes: dict[str, object] = {"global_high_usage_period_minutes": minutes}
        await shop.do(Configure(account=ada, changes=changes))
        low = hand.now - minutes * MINUTE + 1
        assert await spent(shop, ada) * CENT == await shop.desk.vault.read(
            lambda c, low=low: _total(c, ada, low)  # type: ignore[misc]
        )


def _total(connection: Connection, account: AccountId, after: int = 0) -> int:
    s = t.spend.c
    query = select(func.coalesce(func.sum(s.micros), 0)).where(
        s.account_id == account, s.scope == 0, s.at > after
    )
    return int(connection.execute(query).scalar_one())
