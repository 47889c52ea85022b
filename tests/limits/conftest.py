"""`world`: the front door of a service whose clock stands still, on each database in turn."""

from collections.abc import AsyncIterator

import pytest

from tests.acceptance.notified import World, opened_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with opened_world(database_url) as made:
        yield made
