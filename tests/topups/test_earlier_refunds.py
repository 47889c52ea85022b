"""What was left before migration 0012: refunds rounded down one by one, and strays."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Credit
from prepaid.flows import accounts
from prepaid.flows.doctor import topups as doctor_topups
from prepaid.flows.doctor.streams import Difference
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import RefundFailed
from prepaid.store import migrate, tables
from prepaid.store.recount import facts as recount
from prepaid.store.vault import open_database
from tests.topups.kiosk import Kiosk

BEFORE = "0011"
BOUGHT = 1_000 * CENT
PRICE = 70


async def refunded_before(kiosk: Kiosk, number: int, price: int) -> None:
    """As an earlier release wrote it: the share of this refund alone, rounded down."""
    amount = BOUGHT * price // PRICE
    credit = Credit(account=kiosk.account, amount=-amount, reason=f"refund re_{number}")
    outcome = await kiosk.desk.vault.submit(credit)
    row = {
        "account_id": kiosk.account,
        "reference": f"re_{number}",
        "number": 1,
        "cause": "refund",
        "price": price,
        "currency": "eur",
        "amount": amount,
        "seq": outcome.seq,
    }
    await kiosk.desk.vault.write(
        lambda connection: connection.execute(insert(tables.topup_correction).values(row))
    )


def drift(kiosk: Kiosk, connection: Connection) -> list[Difference]:
    row = recount.held(connection, kiosk.account)
    assert row is not None
    return list(doctor_topups.topups(connection, row, None))


async def test_the_next_refund_takes_what_was_rounded_away(kiosk: Kiosk) -> None:
    """And until then the doctor does not call it a drift: nobody can mend it."""
    await kiosk.customer(1_000, threshold=100, amount=1_000)
    await accounts.change(kiosk.desk, kiosk.account, {"credit_price": 7})
    await topups.buy(kiosk.desk, kiosk.account, 1_000, None)
    await kiosk.run()
    for number in range(2):
        await refunded_before(kiosk, number, 4)
    assert await kiosk.shop.balance(kiosk.account) == 2 * BOUGHT - BOUGHT * 8 // PRICE + 1
    assert await kiosk.desk.vault.read(partial(drift, kiosk)) == []

    (payment,) = kiosk.paid
    rest = kiosk.provider.refund(payment, PRICE - 8, 9)
    await kiosk.report(rest)
    assert await kiosk.shop.balance(kiosk.account) == BOUGHT
    await kiosk.report(kiosk.provider.refund_failed(rest))
    assert await kiosk.shop.balance(kiosk.account) == 2 * BOUGHT - BOUGHT * 8 // PRICE
    assert await kiosk.desk.vault.read(partial(drift, kiosk)) == []


async def test_a_refund_that_fails_after_the_upgrade_is_put_back(kiosk: Kiosk) -> None:
    await kiosk.customer(1_000, threshold=100, amount=1_000)
    await accounts.change(kiosk.desk, kiosk.account, {"credit_price": 7})
    await topups.buy(kiosk.desk, kiosk.account, 1_000, None)
    await kiosk.run()
    await refunded_before(kiosk, 1, 4)
    failed = RefundFailed("evt_1", "re_1", kiosk.paid[0].id, 4, "eur")
    for _ in range(2):
        await kiosk.report(failed)

    assert await kiosk.shop.balance(kiosk.account) == 2 * BOUGHT
    assert await kiosk.desk.vault.read(partial(drift, kiosk)) == []


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as it was before."""
    url = f"sqlite:///{tmp_path}/old.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    migrate.upgrade(url, BEFORE)
    return url


async def test_a_stray_stays_what_it_is(old_url: str) -> None:
    """It waits for its payment; it was not undone."""
    statement = (
        "INSERT INTO topup_stray (payment, reference, cause, price, currency, at)"
        " VALUES ('pi_1', 're_1', 'refund', 5, 'eur', 7)"
    )
    database = open_database(old_url)
    await database.write(lambda connection: connection.exec_driver_sql(statement))
    await database.close()
    await asyncio.to_thread(migrate.upgrade, old_url)
    database = open_database(old_url)
    kept = await database.read(lambda c: c.execute(select(tables.topup_stray)).one())
    await database.close()

    assert tuple(kept) == ("pi_1", "re_1", "refund", 5, "eur", 7, False)
