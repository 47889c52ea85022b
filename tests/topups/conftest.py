"""`kiosk`: a shop that sells credit, on each of the two databases in turn; `lite`: on SQLite."""

from collections.abc import AsyncIterator

import pytest

from tests.topups.kiosk import Kiosk, opened


@pytest.fixture
async def kiosk(database_url: str) -> AsyncIterator[Kiosk]:
    async with opened(database_url) as made:
        yield made


@pytest.fixture
async def lite(migrated_sqlite_url: str) -> AsyncIterator[Kiosk]:
    async with opened(migrated_sqlite_url) as made:
        yield made
