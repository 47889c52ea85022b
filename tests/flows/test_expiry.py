"""Holds that nobody ends: given back at their own time, whoever notices and when."""

from dataclasses import replace

import pytest

from prepaid.domain.amounts import CREDIT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Reserve, Settle, Sweep
from prepaid.domain.instants import DAY, SECOND
from prepaid.domain.refusals import Refusal
from prepaid.flows import metering, prices
from prepaid.flows.desk import Desk
from prepaid.store.batching import batch
from prepaid.store.vault import open_database
from tests.flows.conftest import START
from tests.kit.shop import PRICES, Shop
from tests.simulation.clocked import Hand, vault
from tests.store.recount import Account, recount

TTL = 900 * SECOND
REPORT = 2 * CREDIT


@pytest.fixture
def shop(timed_shop: Shop) -> Shop:
    """Time passes only when a test says so."""
    return timed_shop


def seven(size: int) -> bytes:
    """Random bytes that make an account's id the same each time."""
    return bytes(size - 1) + b"7"


async def kept(shop: Shop, account: int) -> Account:
    """The account, everything of it recounted."""
    return await recount(shop.desk.vault, account)


async def held(shop: Shop, ada: int, ttl: int = TTL) -> Outcome:
    return await shop.do(Reserve(account=ada, sku="report", ttl=ttl))


async def test_a_hold_expires_at_its_time_and_not_before(shop: Shop, hand: Hand) -> None:
    ada = await shop.account(credits=10)
    await held(shop, ada)
    hand.now = START + TTL - 1
    assert await shop.balance(ada) == 8 * CREDIT
    hand.now = START + TTL + 5 * SECOND
    assert await shop.balance(ada) == 10 * CREDIT

    account = await kept(shop, ada)
    (charge,) = account.charges.values()
    assert (charge.status, charge.amount, charge.ended_at) == ("expired", 0, charge.expires_at)
    assert account.entries[-1].at == charge.expires_at
    assert account.lines[-1] == ("release", REPORT)


@pytest.mark.parametrize("credits", [0, 1, 2, None, 7])
async def test_a_settle_after_expiry_debits_again_swept_before_or_not(
    shop: Shop, hand: Hand, credits: int | None
) -> None:
    """The result never depends on when the sweeper ran: the same entries, hash for hash."""
    told = []
    amount = None if credits is None else credits * CREDIT
    people = [await shop.account(credits=10), await shop.account(credits=10)]
    for ada, is_swept in zip(people, (False, True), strict=True):
        hand.now = START + 10 * SECOND
        first, second = await held(shop, ada), await held(shop, ada, 2 * TTL)
        if is_swept:
            for late in (1, 5, 6):
                hand.now = START + TTL + (10 + late) * SECOND
                await metering.sweep(shop.desk)
                await shop.do(Sweep(account=ada))
        hand.now = START + 3 * TTL
        done = await shop.do(Settle(account=ada, charge=first.seq, credits=amount))
        assert done.charge is not None
        assert second.charge is not None
        assert done.charge.status == "settled"
        told.append((done.seq, done.balance, done.charge.ended_at, done.charge.amount))
    accounts = [await kept(shop, ada) for ada in people]

    assert told[0] == told[1]
    assert told[0][0] == 6
    unlike = [[(e.seq, e.at, e.kind, e.amount, e.balance) for e in a.entries] for a in accounts]
    assert unlike[0][1:] == unlike[1][1:]
    final = REPORT if credits is None else credits * CREDIT
    assert accounts[0].used == final


async def test_the_same_account_swept_or_not_has_the_same_chain(
    migrated_sqlite_url: str, migrated_postgres_url: str, hand: Hand
) -> None:
    """Two worlds that differ only in their sweeper."""
    chains = []
    for url, is_swept in ((migrated_sqlite_url, False), (migrated_postgres_url, True)):
        hand.now = START
        desk = Desk(vault(open_database(url), hand), lambda: hand.now, seven)
        desk.vault.start()
        await prices.replace_list(desk, PRICES)
        shop = Shop(desk)
        ada = await shop.account(credits=10)
        for n in range(5):
            hand.now = START + n * SECOND + 1
            await held(shop, ada, TTL - n * 2 * SECOND)
        for n in range(20):
            hand.now = START + TTL - 10 * SECOND + n * SECOND
            if is_swept:
                await metering.sweep(desk)
        await shop.settle(Outcome(2, 0, (await kept(shop, ada)).charges[2]), 1)
        chains.append((await kept(shop, ada)).entries)
        await desk.vault.stop()

    assert chains[0] == chains[1]
    assert len(chains[0]) == 12


async def test_a_release_after_expiry_is_answered_expired(shop: Shop, hand: Hand) -> None:
    """It has been given back already: 200, and nothing more moves."""
    ada = await shop.account(credits=10)
    charge = await held(shop, ada)
    hand.now = START + 2 * TTL
    told = await shop.release(charge)

    assert told.charge is not None
    assert told.charge.status == "expired"
    assert told.seq == charge.seq + 1
    assert (await kept(shop, ada)).balance == 10 * CREDIT


async def test_a_settle_is_taken_for_35_days_after_the_expiry(shop: Shop, hand: Hand) -> None:
    """To the very microsecond."""
    ada = await shop.account(credits=10)
    one, two = await held(shop, ada), await held(shop, ada)
    assert one.charge is not None
    assert two.charge is not None
    assert one.charge.expires_at is not None
    assert two.charge.expires_at is not None
    hand.now = one.charge.expires_at + 35 * DAY
    done = await shop.settle(one)
    hand.now = two.charge.expires_at + 35 * DAY + 1
    with pytest.raises(Refusal, match="35 days") as no:
        await shop.settle(two)

    assert no.value.code == "charge_closed"
    assert done.balance == 8 * CREDIT
    account = await kept(shop, ada)
    assert account.used == REPORT
    assert account.charges[one.seq].reserved_at == one.charge.reserved_at


async def test_holds_expire_in_expiry_order(shop: Shop, hand: Hand) -> None:
    ada = await shop.account(credits=100)
    for ttl in (40, 10, 30, 20, 10):
        await held(shop, ada, ttl * SECOND)
    hand.now = START + 60 * SECOND
    await shop.do(Sweep(account=ada))

    account = await kept(shop, ada)
    assert [entry.charge for entry in account.entries[6:]] == [3, 6, 5, 4, 2]
    assert account.balance == 100 * CREDIT


async def test_more_holds_than_one_transaction_expires(
    shop: Shop, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They expire over several commits, and the command that met them comes after all of them."""
    monkeypatch.setattr(batch, "EXPIRED_PER_BATCH_MAX", 7)
    ada = await shop.account(credits=100)
    for _ in range(20):
        await held(shop, ada)
    hand.now = START + 2 * TTL
    done = await shop.reserve(ada)

    assert done.seq == 1 + 20 + 20 + 1
    assert done.balance == 98 * CREDIT
    account = await kept(shop, ada)
    assert len(account.with_status("expired")) == 20


async def test_the_sweeper_goes_by_the_clock_that_decides(shop: Shop, hand: Hand) -> None:
    """A machine whose own clock is behind gives a hold back no later."""
    ada = await shop.account()
    await held(shop, ada)
    hand.now += TTL + SECOND
    behind = replace(shop.desk, clock=lambda: hand.now - DAY)

    assert await metering.sweep(behind) == 1
    assert (await kept(shop, ada)).with_status("expired")


async def test_the_sweeper_finds_idle_accounts(shop: Shop, hand: Hand) -> None:
    people = [await shop.account(credits=10) for _ in range(3)]
    for person in people[:2]:
        await held(shop, person)
    hand.now = START + TTL - 1
    assert await metering.sweep(shop.desk) == 0
    hand.now = START + TTL + SECOND
    assert await metering.sweep(shop.desk) == 2
    assert await metering.sweep(shop.desk) == 0

    for person in people:
        assert (await kept(shop, person)).balance == 10 * CREDIT
