"""Every route asked by those who may not: no key, wrong keys, other accounts, ended keys."""

from collections.abc import Mapping

import httpx
import pytest

from prepaid.web.routing import Route
from tests.kit.door import CHARGES, OPERATOR, Customer, Door, code, fields
from tests.kit.shop import OPERATOR_KEY
from tests.web.examples import EVERY_ROUTE, Estate, estate, routes, snapshot

Keys = Mapping[str, str | bytes]
WRONG = ("", " ", "x", OPERATOR_KEY[:-1], OPERATOR_KEY + " x", "é".encode(), b"\xff", "k" * 10_000)


async def ask(door: Door, place: Estate, route: Route, keys: Keys) -> httpx.Response:
    """The route's right request, with these keys."""
    path, body = place.request(route)
    return await door.client.request(route.method, path, headers=keys, json=body)  # type: ignore[arg-type]


async def facts(door: Door, place: Estate) -> list[object]:
    """What a refused request must leave as it is."""
    seen = [answer.json() for answer in await snapshot(door, place)]
    for answer in seen:
        if isinstance(answer, dict):
            answer.pop("updatedAt", None)  # a snapshot makes itself a key to look with
    return seen


def test_every_route_has_an_example() -> None:
    """A new route is tried by all tests of this module once it stands in `examples.py`."""
    nobody = Customer(httpx.AsyncClient(), "acc_", "")
    place = Estate(nobody, *("key", "name", "held", "settled", "entry", "notification"))

    for route in EVERY_ROUTE:
        place.request(route)


async def test_the_examples_are_right(door: Door) -> None:
    """Otherwise the refusals below would prove nothing."""
    for route in EVERY_ROUTE:
        place = await estate(door)
        answer = await ask(door, place, route, OPERATOR | {"x-api-key": place.ada.key})

        assert answer.status_code == route.status, (route.path, answer.text)


async def test_without_a_key_nothing_is_told_and_nothing_changes(door: Door) -> None:
    place = await estate(door)
    before = await facts(door, place)
    for who in ("operator", "account"):
        for route in routes(who):
            answer = await ask(door, place, route, {})

            assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path
            assert not any(secret in answer.text for secret in place.secrets)

    assert await facts(door, place) == before


async def test_a_wrong_key_is_no_key(door: Door) -> None:
    place = await estate(door)
    before = await facts(door, place)
    for wrong in WRONG:
        for route in (*routes("operator"), *routes("account")):
            answer = await ask(door, place, route, {"x-operator-key": wrong, "x-api-key": wrong})

            assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path

    assert await facts(door, place) == before


async def test_a_key_for_one_side_does_not_open_the_other(door: Door) -> None:
    place = await estate(door)
    swapped = {"x-operator-key": place.ada.key, "x-api-key": OPERATOR_KEY}
    for route in (*routes("operator"), *routes("account")):
        answer = await ask(door, place, route, swapped)

        assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path


async def test_a_key_that_is_sent_twice_is_refused(lite: Door) -> None:
    place = await estate(lite)
    for route in (*routes("operator"), *routes("account")):
        path, body = place.request(route)
        name = "x-operator-key" if route.who == "operator" else "x-api-key"
        right = OPERATOR_KEY if route.who == "operator" else place.ada.key
        for keys in ((right, right), (right, "x"), ("x", right)):
            headers = [(name, key) for key in keys]
            answer = await lite.client.request(route.method, path, headers=headers, json=body)

            assert (answer.status_code, fields(answer)) == (400, [name]), route.path


async def test_another_accounts_things_do_not_exist(door: Door) -> None:
    """Bob asks for what is Ada's: not found, and her account stays as it is."""
    place, bobs = await estate(door), await estate(door, "bobs")
    before = await facts(door, place)
    for route in routes("account"):
        path, _ = place.request(route)
        answer = await ask(door, place, route, {"x-api-key": bobs.ada.key})

        if any(one in path for one in (place.workspace, place.entry, place.notification)):
            assert answer.status_code in (400, 404), (route.path, answer.text)
        assert not any(secret in answer.text for secret in place.secrets), route.path

    assert await facts(door, place) == before


async def test_an_id_joined_from_two_accounts_does_not_exist(door: Door) -> None:
    """Numbers count from 1 in every account, so another's number is easily guessed."""
    place, bobs = await estate(door), await estate(door, "bobs")
    before = await facts(door, place), await facts(door, bobs)
    unknown = "0123456789abcdef"
    for owner in (unknown, "7" + unknown[1:], "8" + unknown[1:], "f" * 16, unknown.upper()):
        mixed = Estate(
            Customer(door.client, f"acc_{owner}", place.ada.key),
            place.key,
            place.workspace,
            f"chg_{owner}{place.held[20:]}",
            f"chg_{owner}{place.settled[20:]}",
            place.entry,
            place.notification,
        )
        for route in routes("operator"):
            if "{id}" in route.path:
                answer = await ask(door, mixed, route, OPERATOR)
                assert (answer.status_code, code(answer)) == (404, "not_found"), route.path

    for ident in (place.key, "key_", place.key[:-10] + "f" * 10, place.key + "0", "%00"):
        path = f"{bobs.ada.place}/keys/{ident}"
        assert (await door.operator("DELETE", path)).status_code == 404
    assert (await facts(door, place), await facts(door, bobs)) == before


@pytest.mark.parametrize(
    "ident", ["chg_", "chg_1", "CHG_{}", "acc_{}", "chg_{}g", "%00", "chg_%00"]
)
async def test_what_is_no_charge_id_is_not_found(lite: Door, ident: str) -> None:
    place = await estate(lite)
    path = f"{CHARGES}/{ident.format(place.held[4:])}"

    assert (await lite.operator("GET", path)).status_code == 404
    assert (await lite.operator("POST", path + "/settle", {})).status_code == 404


async def test_a_revoked_key_opens_nothing(door: Door) -> None:
    place = await estate(door)
    await door.operator("DELETE", f"{place.ada.place}/keys/{place.key}")
    before = await facts(door, place)
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": place.ada.key})

        assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path

    charged = await door.operator("POST", CHARGES, {"apiKey": place.ada.key, "sku": "report"})
    assert (charged.status_code, code(charged)) == (401, "unauthorized")
    assert await facts(door, place) == before


async def test_a_reading_key_only_reads(door: Door) -> None:
    place = await estate(door)
    reader = await door.with_key(place.ada, "read")
    before = await facts(door, place)
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": reader.key})

        if route.needed_scope == "full":
            assert (answer.status_code, code(answer)) == (403, "forbidden"), route.path
        else:
            assert answer.status_code == 200, route.path
    assert await facts(door, place) == before


async def test_keys_of_a_closed_account_open_nothing_until_it_is_reopened(door: Door) -> None:
    place = await estate(door)
    await door.operator("POST", place.ada.place + "/close")
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": place.ada.key})

        assert (answer.status_code, code(answer)) == (403, "account_closed"), route.path

    await door.operator("POST", place.ada.place + "/reopen")
    for route in routes("account"):
        if route.method == "GET":
            answer = await ask(door, place, route, {"x-api-key": place.ada.key})
            assert answer.status_code == 200, route.path
