"""`office`: a front door whose time is in the test's hand, on each of the two databases in turn.

`lite_office`: on SQLite alone, for what the database has no say in.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from prepaid.adapters.seals import Seals
from prepaid.adapters.typst_printer import TypstPrinter
from prepaid.flows import prices
from prepaid.flows.desk import Desk
from prepaid.store.vault import open_database
from tests.kit.door import opened_door
from tests.kit.shop import PRICES, SECRET_KEY, Shop
from tests.simulation.clocked import Hand, vault
from tests.statements.office import Office, at


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Office]:
    hand = Hand(at("2026-10-05"))
    desk = Desk(
        vault(open_database(url), hand),
        lambda: hand.now,
        secrets.token_bytes,
        seals=Seals(SECRET_KEY),
        allows_http=True,
        printer=TypstPrinter(),
    )
    desk.vault.start()
    try:
        await prices.replace_list(desk, PRICES)
        async with opened_door(Shop(desk)) as door:
            yield Office(door, hand)
    finally:
        await desk.vault.stop()


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with opened(database_url) as made:
        yield made


@pytest.fixture
async def lite_office(migrated_sqlite_url: str) -> AsyncIterator[Office]:
    async with opened(migrated_sqlite_url) as made:
        yield made
