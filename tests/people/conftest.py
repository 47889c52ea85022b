"""A house on each of the two databases in turn."""

from collections.abc import AsyncIterator

import pytest

from tests.people.office import House, opened


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as made:
        yield made
