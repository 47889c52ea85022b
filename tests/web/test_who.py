"""Every route asked by those who may not: no key, wrong keys, other accounts, ended keys."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import httpx
import pytest

from prepaid.web.routing import Route
from tests.kit.door import CHARGES, OPERATOR, Door, code, fields
from tests.kit.shop import OPERATOR_KEY
from tests.web.estate import Estate, estate, snapshot
from tests.web.examples import EVERY_ROUTE, EXAMPLES, SIGNED, TRIED, name_of, routes

Keys = Mapping[str, str | bytes]
WRONG = ("", " ", "x", OPERATOR_KEY[:-1], OPERATOR_KEY + " x", "é".encode(), b"\xff", "k" * 10_000)


async def ask(door: Door, place: Estate, route: Route, keys: Keys) -> httpx.Response:
    """The route's right request, with these keys."""
    example = place.example(route)
    raw = {name.encode(): _raw(key) for name, key in keys.items()}
    if example.key is not None:
        raw[b"idempotency-key"] = example.key.encode()
    return await door.client.request(route.method, example.path, headers=raw, json=example.body)


def _raw(key: str | bytes) -> bytes:
    return key if isinstance(key, bytes) else key.encode()


def test_every_route_has_an_example() -> None:
    """A new route is tried by all tests of this folder once it stands in `examples.py`."""
    assert {name_of(route) for route in EVERY_ROUTE} - SIGNED == set(EXAMPLES)


async def test_the_examples_are_right(door: Door) -> None:
    """Otherwise the refusals below would prove nothing."""
    shared = await estate(door)
    for route in TRIED:
        place = shared if route.method == "GET" else await estate(door)
        answer = await ask(door, place, route, OPERATOR | {"x-api-key": place.ada.key})

        assert answer.status_code == route.status, (route.path, answer.text)


async def test_without_a_key_nothing_is_told_and_nothing_changes(door: Door) -> None:
    place = await estate(door)
    before = await snapshot(door, place)
    for route in routes("operator", "account"):
        answer = await ask(door, place, route, {})

        assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path
        assert not any(secret in answer.text for secret in place.secrets)

    assert await snapshot(door, place) == before


async def test_a_wrong_key_is_no_key(lite: Door) -> None:
    place = await estate(lite)
    before = await snapshot(lite, place)
    for wrong in WRONG:
        for route in routes("operator", "account"):
            answer = await ask(lite, place, route, {"x-operator-key": wrong, "x-api-key": wrong})

            assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path

    assert await snapshot(lite, place) == before


async def test_a_missing_key_and_a_wrong_one_are_told_apart(lite: Door) -> None:
    """On the hot route too: who has sent a key need not look for the header."""
    for path in (CHARGES, "/v2/operator/accounts"):
        missing = await lite.client.post(path, json={})
        wrong = await lite.client.post(path, json={}, headers={"x-operator-key": "x"})

        assert "send the operator key" in missing.text
        assert "is wrong" in wrong.text
        assert missing.status_code == wrong.status_code == 401


async def test_a_key_for_one_side_does_not_open_the_other(door: Door) -> None:
    place = await estate(door)
    swapped = {"x-operator-key": place.ada.key, "x-api-key": OPERATOR_KEY}
    for route in routes("operator", "account"):
        answer = await ask(door, place, route, swapped)

        assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path


async def test_a_key_that_is_sent_twice_is_refused(lite: Door) -> None:
    place = await estate(lite)
    for route in routes("operator", "account"):
        example = place.example(route)
        name = "x-operator-key" if route.who == "operator" else "x-api-key"
        right = OPERATOR_KEY if route.who == "operator" else place.ada.key
        for keys in ((right, right), (right, "x"), ("x", right)):
            headers = [(name, key) for key in keys]
            answer = await lite.client.request(
                route.method, example.path, headers=headers, json=example.body
            )

            assert (answer.status_code, fields(answer)) == (400, [name]), route.path


async def test_another_accounts_things_do_not_exist(door: Door) -> None:
    """Bob asks for what is Ada's: not found, and her account stays as it is."""
    place, bobs = await estate(door), await estate(door, "bobs")
    hers = asdict(place.facts).values()
    before = await snapshot(door, place)
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": bobs.ada.key})

        if any(one in place.example(route).path for one in hers):
            assert answer.status_code in (400, 404), (route.path, answer.text)
        assert not any(secret in answer.text for secret in place.secrets), route.path

    assert await snapshot(door, place) == before


async def test_an_id_joined_from_two_accounts_does_not_exist(door: Door) -> None:
    """Numbers count from 1 in every account, so another's number is easily guessed."""
    place, bobs = await estate(door), await estate(door, "bobs")
    before = await snapshot(door, place), await snapshot(door, bobs)
    unknown = "0123456789abcdef"
    for owner in (unknown, "7" + unknown[1:], "8" + unknown[1:], "f" * 16, unknown.upper()):
        mixed = replace(
            place,
            facts=replace(
                place.facts,
                account=f"acc_{owner}",
                held=f"chg_{owner}{place.facts.held[20:]}",
                settled=f"chg_{owner}{place.facts.settled[20:]}",
            ),
        )
        for route in routes("operator"):
            if "{id}" in route.path:
                answer = await ask(door, mixed, route, OPERATOR)
                assert (answer.status_code, code(answer)) == (404, "not_found"), route.path

    key = place.facts.key
    for ident in (key, "key_", key[:-10] + "f" * 10, key + "0", "%00"):
        path = f"{bobs.ada.place}/keys/{ident}"
        assert (await door.operator("DELETE", path)).status_code == 404
    assert (await snapshot(door, place), await snapshot(door, bobs)) == before


async def test_a_number_that_nobody_has_does_not_exist(door: Door) -> None:
    """However large: the tables count some things in 32 bits."""
    place = await estate(door)
    before = await snapshot(door, place)
    keys = OPERATOR | {"x-api-key": place.ada.key}
    for route in (one for one in routes("operator", "account") if "{" in one.path):
        for digits in ("0" * 10, "7fffffff".zfill(10), "ffffffff".zfill(10), "f" * 10, "f" * 15):
            names = {
                name: ident[:20] + digits if "_" in ident[:5] and name != "account" else ident
                for name, ident in asdict(place.facts).items()
                if name not in ("secret", "workspace")
            }
            owner = place.facts.account[4:]
            names["topup"] = f"top_{owner}{digits}"
            names["workspace"] = f"ws_{owner}{digits}"
            strange = replace(place, facts=replace(place.facts, **names))
            if strange.example(route).path != place.example(route).path:
                answer = await ask(door, strange, route, keys)
                assert answer.status_code in (400, 404), (route.path, digits, answer.text)
    assert await snapshot(door, place) == before


@pytest.mark.parametrize(
    "ident", ["chg_", "chg_1", "CHG_{}", "acc_{}", "chg_{}g", "%00", "chg_%00"]
)
async def test_what_is_no_charge_id_is_not_found(lite: Door, ident: str) -> None:
    place = await estate(lite)
    path = f"{CHARGES}/{ident.format(place.facts.held[4:])}"

    assert (await lite.operator("GET", path)).status_code == 404
    assert (await lite.operator("POST", path + "/settle", {})).status_code == 404


async def test_a_revoked_key_opens_nothing(door: Door) -> None:
    place = await estate(door)
    await door.operator("DELETE", f"{place.ada.place}/keys/{place.facts.key}")
    before = await snapshot(door, place)
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": place.ada.key})

        assert (answer.status_code, code(answer)) == (401, "unauthorized"), route.path

    charged = await door.operator("POST", CHARGES, {"apiKey": place.ada.key, "sku": "report"})
    assert (charged.status_code, code(charged)) == (401, "unauthorized")
    assert await snapshot(door, place) == before


async def test_a_reading_key_only_reads(door: Door) -> None:
    place = await estate(door)
    reader = await door.with_key(place.ada, "read")
    before = await snapshot(door, place)
    for route in routes("account"):
        answer = await ask(door, place, route, {"x-api-key": reader.key})

        if route.needed_scope == "full":
            assert (answer.status_code, code(answer)) == (403, "forbidden"), route.path
        else:
            assert answer.status_code == 200, route.path
    assert await snapshot(door, place) == before


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
