"""Prices are changed as whole lists: two who change them at once must not lose each other's."""

import asyncio

import pytest

from tests.kit.door import Door, code

LIST = "/v2/operator/prices"
OPERATORS = 8


async def add(door: Door, path: str, sku: str) -> int:
    """Read the list, add one SKU, write it back; how often somebody else was faster."""
    lost = 0
    while True:
        read = (await door.operator("GET", path)).json()
        await asyncio.sleep(0)  # everybody else reads, too
        price = {"sku": sku, "credits": 1, "unit": "page", "description": f"One {sku}"}
        body = {"prices": [*read["prices"], price], "version": read["version"]}
        wrote = await door.operator("PUT", path, body)
        if wrote.status_code == 200:
            return lost
        assert (wrote.status_code, code(wrote)) == (409, "prices_changed")
        lost += 1


@pytest.mark.parametrize("is_own", [False, True])
async def test_nobody_loses_a_change_to_somebody_else(door: Door, is_own: bool) -> None:
    ada = await door.customer()
    path = ada.place + "/prices" if is_own else LIST
    before = (await door.operator("GET", path)).json()["prices"]
    skus = [f"new-{n}" for n in range(OPERATORS)]
    lost = await asyncio.gather(*(add(door, path, sku) for sku in skus))
    after = (await door.operator("GET", path)).json()["prices"]

    assert sum(lost) > 0, "nobody met anybody, so nothing was tried"
    assert {one["sku"] for one in after} == {one["sku"] for one in before} | set(skus)


async def test_own_prices_keep_their_unit_and_description(door: Door) -> None:
    """What is put is what is listed, as it is for the price list."""
    ada = await door.customer()
    price = {"sku": "report", "credits": 1.5, "unit": "page", "description": "A page of it"}
    put = (await door.operator("PUT", ada.place + "/prices", {"prices": [price]})).json()

    assert put["prices"] == [price]
    assert (await door.operator("GET", ada.place + "/prices")).json() == put


async def test_a_version_is_of_what_the_list_says(door: Door) -> None:
    """Without one, a list is put in any case; an old one changes nothing."""
    old = (await door.operator("GET", LIST)).json()
    new = {"prices": [{"sku": "report", "credits": 3}]}
    changed = (await door.operator("PUT", LIST, new)).json()
    refused = await door.operator("PUT", LIST, {"prices": [], "version": old["version"]})

    assert changed["version"] != old["version"]
    assert code(refused) == "prices_changed"
    assert (await door.operator("GET", LIST)).json() == changed
    assert (await door.operator("PUT", LIST, {"prices": old["prices"]})).json() == old
