"""One shop for promises that only one of the databases makes."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.shop import Shop, opened


@pytest.fixture
async def postgres_shop(migrated_postgres_url: str) -> AsyncIterator[Shop]:
    async with opened(migrated_postgres_url) as made:
        yield made


@pytest.fixture
async def sqlite_shop(migrated_sqlite_url: str) -> AsyncIterator[Shop]:
    async with opened(migrated_sqlite_url) as made:
        yield made
