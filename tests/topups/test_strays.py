"""Refunds and disputes of payments that are not known yet, told by several at once."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select

from prepaid.flows.topups.payments import ProviderEvent, Refunded, RefundFailed
from prepaid.store import tables
from prepaid.store.topups import strays
from prepaid.store.topups.strays import Stray
from prepaid.store.vault import Connection
from tests.topups.kiosk import Kiosk, opened

STRAY = tables.topup_stray
REFUND = Refunded("evt_1", "re_1", "pi_unknown", 100, "eur")
FAILED = RefundFailed("evt_2", "re_1", "pi_unknown", 100, "eur")


def ends(connection: Connection) -> list[bool]:
    """Whether each was undone."""
    return list(connection.scalars(select(STRAY.c.undone)))


async def test_a_stray_that_is_undone_while_it_is_taken_up_is_not_lost(kiosk: Kiosk) -> None:
    """The worker has read it, another process adds its end, the worker drops what it read."""
    stray = Stray("pi_1", "re_1", "refund", 100, "eur", kiosk.hand.now)
    undone = Stray("pi_1", "re_1", "refund", 100, "eur", kiosk.hand.now, undone=True)
    write = kiosk.desk.vault.write
    for one in (stray, undone, stray):
        await write(partial(strays.add, stray=one))
    await write(lambda c: strays.drop(c, stray))
    stays = await kiosk.desk.vault.read(ends)
    await write(lambda c: strays.drop(c, undone))

    assert stays == [True]
    assert await kiosk.desk.vault.read(ends) == []


@pytest.mark.parametrize("events", [[REFUND, REFUND], [REFUND, FAILED], [FAILED, REFUND]])
async def test_two_processes_keep_one_and_none_fails(
    migrated_postgres_url: str, events: list[ProviderEvent]
) -> None:
    """An answer other than 200 would be told again for days."""
    async with opened(migrated_postgres_url) as one, opened(migrated_postgres_url) as two:
        two.provider = one.provider
        object.__setattr__(two.desk, "payments", one.desk.payments)
        told = [kiosk.report(event) for _ in range(4) for event in events for kiosk in (one, two)]
        await asyncio.gather(*told)

        assert await one.desk.vault.read(ends) == [FAILED in events]
