"""`GET /v2/pricing`: what a country's blocks and data points cost (`GetPricingResultDTO`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import get_args

from msgspec import Struct

from prepaid.domain.amounts import Micros, credit
from prepaid.domain.company import plans
from prepaid.domain.company.plans import BLOCKS
from prepaid.domain.company.requests import DataPoint, Mode
from prepaid.domain.countries import Country
from prepaid.domain.routing import json_trees

Prices = Mapping[str, Micros | None]  # SKU → micro-credits; absent or None: not sold


class ModePrice(Struct, frozen=True):
    """The price of a block in one mode."""

    price: int | Decimal  # credits
    authoritative: bool  # the data comes from the official register


class BlockView(Struct, frozen=True):
    """One block that is sold in the country (`PricingBlockDTO`)."""

    sku: str  # of verification mode
    datapoints: tuple[DataPoint, ...]
    modes: dict[Mode, ModePrice | None]  # None: not sold in that mode


class PointView(Struct, frozen=True):
    """A data point bought alone, in verification mode (`PricingAndAvailabilityDTO`)."""

    available: bool
    price: int | Decimal  # credits; 0 when it is not available, or free


def pricing(country: Country, prices: Prices) -> bytes:
    """The answer's body; `prices` are those of `plans.skus(country)`."""
    answer: dict[str, object] = {"blocks": _blocks(country, prices)}
    for point in get_args(DataPoint):
        answer[point] = _point(country, point, prices)
    return json_trees.encode(answer)


def _blocks(country: Country, prices: Prices) -> list[BlockView]:
    found: list[BlockView] = []
    for block, points in BLOCKS.items():
        modes: dict[Mode, ModePrice | None] = {
            "verification": _price(prices, plans.sku(country, block), sure=True),
            "onboarding": _price(prices, plans.sku(country, block, "onboarding"), sure=False),
        }
        if any(modes.values()):
            found.append(BlockView(plans.sku(country, block), points, modes))
    return found


def _price(prices: Prices, sku: str, *, sure: bool) -> ModePrice | None:
    price = prices.get(sku)
    return None if price is None else ModePrice(credit(price), authoritative=sure)


def _point(country: Country, point: DataPoint, prices: Prices) -> PointView:
    block = plans.block_of(point)
    if block is None:
        return PointView(available=True, price=0)
    price = prices.get(plans.sku(country, block))
    return PointView(available=price is not None, price=credit(price or 0))
