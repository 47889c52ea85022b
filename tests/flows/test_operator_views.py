"""What the operator looks at: accounts found in every way, and how the installation fares."""

import pytest

from prepaid.domain import ids
from prepaid.domain.amounts import CREDIT
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import HOUR, MINUTE
from prepaid.flows import account_search, accounts, system_health
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.flows.deliveries.endpoints import create as create_endpoint
from prepaid.store.deliveries import mails, messages
from prepaid.store.deliveries.mails import NewMail
from prepaid.store.vault import Connection
from tests.deliveries.office import FAIL, Office, Scripted, opened_office
from tests.kit.shop import Shop


async def opened(shop: Shop, name: str, *admins: str) -> AccountId:
    row = await accounts.create(
        shop.desk, name=name, admins=admins, currency="EUR", sandbox=True, floor=None
    )
    return row.id


async def found(shop: Shop, text: str) -> list[str]:
    return [row.name for row in (await account_search.search(shop.desk, text)).rows]


async def test_accounts_are_found_by_name_admin_and_id(shop: Shop) -> None:
    acme = await opened(shop, "Acme Holding", "Ops@Acme.example")
    await opened(shop, "100% Ünal_", "cto@unal.example")
    await opened(shop, "Zeta")

    assert await found(shop, "") == ["100% Ünal_", "Acme Holding", "Zeta"]
    assert await found(shop, "acme h") == ["Acme Holding"]
    assert await found(shop, "ops@ACME") == ["Acme Holding"]
    assert await found(shop, ".example") == ["100% Ünal_", "Acme Holding"]
    assert await found(shop, f" {ids.account(acme)} ") == ["Acme Holding"]


@pytest.mark.parametrize("text", ["%", "_", "0% Ü"])
async def test_signs_of_the_database_are_letters_here(shop: Shop, text: str) -> None:
    await opened(shop, "100% Ünal_")
    await opened(shop, "Zeta")

    assert await found(shop, text) == ["100% Ünal_"]


@pytest.mark.parametrize(
    "text", ["acc_0000000000000001", "nobody", "\udcff", "\x00", "x" * 5_000, "'; --"]
)
async def test_what_fits_no_account_finds_none(shop: Shop, text: str) -> None:
    await opened(shop, "Acme")

    assert await found(shop, text) == []


async def test_pages_of_accounts_follow_each_other(shop: Shop) -> None:
    """Also where many have one name, and with one that is made in between."""
    for n in range(11):
        await opened(shop, f"Name {n // 4}")
    seen: list[AccountId] = []
    place = None
    while True:
        page = await account_search.search(shop.desk, "name", place, limit=3)
        assert len(page.rows) <= 3
        seen += [row.id for row in page.rows]
        if len(seen) == 3:
            await opened(shop, "Name 0 before all that follow")
        place = page.next
        if place is None:
            break

    assert len(seen) == len(set(seen))
    assert len(seen) in (11, 12)


async def test_a_quiet_installation_is_healthy(shop: Shop) -> None:
    await shop.account(credits=10)
    health = await system_health.look(shop.desk)

    assert (health.webhooks_due, health.mails_due, health.holds_due) == (0, 0, 0)
    assert (health.failing, health.drifting, health.recounted) == ([], [], 1)


async def waiting(office: Office, account: AccountId) -> None:
    """Three webhooks and a mail that nobody sends."""
    await create_endpoint(
        office.desk, account, Wish("https://a.example", "", None, False, {}, None, None)
    )

    def work(connection: Connection) -> None:
        for _ in range(3):
            messages.add(connection, account, "company.updated", b"{}", at=office.hand.now)
        mails.add(connection, NewMail(account, "k", "test", b"{}"), "a@b.example", office.hand.now)

    await office.desk.vault.write(work)


async def test_what_waits_is_counted_when_it_is_due(database_url: str) -> None:
    async with opened_office(database_url, Scripted(always=FAIL)) as office:
        account = await office.account("a@b.example")
        await waiting(office, account)
        office.hand.now += MINUTE
        before = await system_health.look(office.desk)
        await office.work()
        after = await system_health.look(office.desk)

    assert (before.webhooks_due, after.webhooks_due) == (3, 0)
    assert before.late_s == 60
    assert [one.account for one in after.failing] == [account]
    assert after.failing[0].url == "https://a.example"
    assert before.failing == []


async def test_a_balance_that_its_ledger_does_not_tell_is_seen(shop: Shop) -> None:
    """Here somebody has written into the database by hand."""
    await shop.account(credits=10)
    wrong = await shop.account(credits=10)
    await shop.account(credits=0)
    statement = f"UPDATE account SET balance = balance + 1 WHERE id = {wrong}"
    await shop.desk.vault.write(lambda c: c.exec_driver_sql(statement))
    health = await system_health.look(shop.desk)

    assert [(one.account, one.balance - one.by_ledger) for one in health.drifting] == [(wrong, 1)]
    assert health.drifting[0].by_ledger == 10 * CREDIT
    assert health.recounted == 3


async def test_holds_that_nobody_gave_back_are_counted(shop: Shop) -> None:
    ada = await shop.account(credits=10)
    await shop.reserve(ada)
    before = await system_health.look(shop.desk)
    await shop.later(ada, 2 * HOUR // 1_000_000)
    after = await system_health.look(shop.desk)

    assert (before.holds_due, after.holds_due) == (0, 1)
