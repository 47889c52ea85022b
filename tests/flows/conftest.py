"""A shop whose time is in the test's hand."""

import secrets
from collections.abc import AsyncIterator

import pytest

from prepaid.domain.instants import DAY
from prepaid.flows import prices
from prepaid.flows.desk import Desk
from prepaid.store.vault import open_database
from tests.kit.shop import PRICES, Shop
from tests.simulation.clocked import Hand, vault

START = 20_000 * DAY


@pytest.fixture
def hand() -> Hand:
    return Hand(START)


@pytest.fixture
async def timed_shop(database_url: str, hand: Hand) -> AsyncIterator[Shop]:
    desk = Desk(vault(open_database(database_url), hand), lambda: hand.now, secrets.token_bytes)
    desk.vault.start()
    await prices.replace_list(desk, PRICES)
    yield Shop(desk)
    await desk.vault.stop()
