"""`door`: the front door of a shop on each of the two databases in turn.

`lite`: on SQLite alone, for what the database has no say in.
"""

from collections.abc import AsyncIterator

import pytest

from tests.kit.door import Door, opened_door
from tests.kit.shop import Shop, opened


@pytest.fixture
async def door(shop: Shop) -> AsyncIterator[Door]:
    async with opened_door(shop) as made:
        yield made


@pytest.fixture
async def lite(migrated_sqlite_url: str) -> AsyncIterator[Door]:
    async with opened(migrated_sqlite_url) as shop, opened_door(shop) as made:
        yield made
