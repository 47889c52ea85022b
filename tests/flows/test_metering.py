"""Metering through the writer, on both databases."""

from prepaid.domain.amounts import CREDIT
from tests.kit.shop import Shop


async def test_asking_twice_with_one_key_takes_credit_once(shop: Shop) -> None:
    """A client that lost our answer may ask again without paying twice."""
    ada = await shop.account(credits=10)
    first = await shop.reserve(ada, key="k1")
    again = await shop.reserve(ada, key="k1")

    assert again.charge == first.charge
    assert again.replayed
    assert await shop.balance(ada) == 8 * CREDIT
