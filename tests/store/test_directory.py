"""What names and numbers mean, read for an account of any size."""

from prepaid.domain.accounts import Directory
from prepaid.domain.ids import DEFAULT
from prepaid.store.batching.directory import Missing
from tests.kit.shop import Shop

MANY = 20_000  # an account may have five times as many workspaces


async def test_any_number_of_workspaces_can_be_looked_up(shop: Shop) -> None:
    """A change of rules asks for every workspace that has ever rung."""
    ada = await shop.account()
    missing = Missing()
    missing.directories[ada] = directory = Directory(1, 1)
    missing.numbers = {(ada, DEFAULT + place) for place in range(MANY)}
    await shop.desk.vault.read(missing.fill)

    assert list(directory.by_number) == [DEFAULT]
    assert directory.by_name["default"] == directory.by_number[DEFAULT]
