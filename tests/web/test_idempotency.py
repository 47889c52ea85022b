"""The same key twice: the same bytes, one charge; another request is told where it differs."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.kit.door import CHARGES, Customer, Door, code, fields

REPLAYED = "idempotent-replayed"


def same(first: httpx.Response, again: httpx.Response) -> bool:
    """Byte for byte, and saying so."""
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    return (first.status_code, first.content) == (again.status_code, again.content)


async def test_the_same_key_and_request_is_answered_with_the_same_bytes(door: Door) -> None:
    ada = await door.customer()
    body: dict[str, Any] = {
        "workspace": "default",
        "quantity": 3,
        "metadata": {"b": "2", "a": "é"},
    }
    first, again = [await door.charge(ada, "page", key="k1", **body) for _ in range(2)]

    assert same(first, again)
    assert (await ada.balance())["balanceInCreditCents"] == 997


async def test_defaults_are_filled_in_before_requests_are_compared(door: Door) -> None:
    ada = await door.customer()
    first = await door.charge(ada, key="k1", credits=1)
    spelled_out: dict[str, Any] = {
        "workspace": "default",
        "quantity": 1,
        "credits": 1.0,
        "settle": False,
        "ttlSeconds": 900,
        "metadata": {},
    }
    again = await door.charge(ada, key="k1", **spelled_out)

    assert same(first, again)


async def test_an_api_key_stands_for_its_account(door: Door) -> None:
    ada = await door.customer()
    first = await door.charge(ada, key="k1")
    for who in (ada, await door.with_key(ada)):
        body = {"apiKey": who.key, "sku": "report"}
        assert same(first, await door.operator("POST", CHARGES, body, key="k1"))


Change = Callable[[Door, Customer, str], Awaitable[httpx.Response]]


async def rename(door: Door, ada: Customer, _place: str) -> httpx.Response:
    return await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Another"})


async def settle_higher(door: Door, _ada: Customer, place: str) -> httpx.Response:
    return await door.operator("POST", place + "/settle", {"credits": 3})


async def release(door: Door, _ada: Customer, place: str) -> httpx.Response:
    return await door.operator("POST", place + "/release")


async def settle_and_refund(door: Door, ada: Customer, place: str) -> httpx.Response:
    await settle_higher(door, ada, place)
    return await door.operator("POST", place + "/refund", {"credits": 1})


async def archive(door: Door, ada: Customer, _place: str) -> httpx.Response:
    return await ada.ask("DELETE", "/v2/workspaces/paris")


async def reprice(door: Door, ada: Customer, _place: str) -> httpx.Response:
    prices = {"prices": [{"sku": "report", "credits": 7}]}
    return await door.operator("PUT", ada.place + "/prices", prices)


async def close(door: Door, ada: Customer, _place: str) -> httpx.Response:
    return await door.operator("POST", ada.place + "/close")


async def expire(door: Door, ada: Customer, _place: str) -> httpx.Response:
    return await door.operator("POST", ada.place + "/clock", {"advanceSeconds": 86_400})


CHANGES = [rename, settle_higher, release, settle_and_refund, archive, reprice, close, expire]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_the_bytes_stay_the_same_whatever_happened_since(door: Door, change: Change) -> None:
    """The caller asks what became of that request, not how things stand."""
    ada = await door.customer()
    await ada.workspace("paris", "Acme Paris")
    first = await door.charge(ada, key="k1", workspace="paris", metadata={"order": "7"})
    changed = await change(door, ada, f"{CHARGES}/{first.json()['id']}")
    again = await door.charge(ada, key="k1", workspace="paris", metadata={"order": "7"})

    assert changed.status_code == 200, changed.text
    assert same(first, again)


DIFFERENT: list[tuple[dict[str, Any], str]] = [
    ({"workspace": "paris"}, "workspace"),
    ({"workspace": None}, "workspace"),
    ({"sku": "page"}, "sku"),
    ({"quantity": 2}, "quantity"),
    ({"credits": 2}, "credits"),
    ({"settle": True}, "settle"),
    ({"ttlSeconds": 901}, "ttlSeconds"),
    ({"metadata": {"a": "2"}}, "metadata"),
    ({"metadata": None}, "metadata"),
    ({"quantity": 2, "ttlSeconds": 901, "sku": "page"}, "sku"),
]


async def test_another_request_is_told_the_first_field_that_differs(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("paris")
    usual: dict[str, Any] = {"sku": "report", "metadata": {"a": "1"}}
    first = await door.charge(ada, key="k1", **usual)
    for changed, field in DIFFERENT:
        refused = await door.charge(ada, key="k1", **usual | changed)

        assert (refused.status_code, code(refused)) == (422, "idempotency_key_reused"), changed
        assert fields(refused) == [field]
    assert same(first, await door.charge(ada, key="k1", **usual))
    assert (await ada.balance())["balanceInCreditCents"] == 800


async def test_a_key_belongs_to_one_account_and_one_route(door: Door) -> None:
    ada, bob = await door.customer(), await door.customer()
    charge = await door.charge(ada, key="k1")
    place = f"{CHARGES}/{charge.json()['id']}"
    others = [
        await door.charge(bob, key="k1"),
        await door.operator("POST", place + "/settle", {}, key="k1"),
        await door.operator("POST", place + "/refund", {}, key="k1"),
        await door.operator("POST", ada.place + "/credits", {"cents": 1, "reason": "r"}, key="k1"),
    ]

    assert [answer.status_code for answer in others] == [201, 200, 200, 201]
    assert not any(REPLAYED in answer.headers for answer in others)


async def test_keys_are_compared_exactly(door: Door) -> None:
    """Databases differ in whether `k` is `K` and whether a blank at the end counts."""
    ada = await door.customer()
    seqs = {
        (await door.charge(ada, "page", key=key)).json()["seq"] for key in ("k", "K", "k.", "%")
    }

    assert len(seqs) == 4


async def test_a_refusal_is_not_kept(door: Door) -> None:
    """After a grant, or once the workspace exists, the same key succeeds."""
    ada = await door.customer(0)
    poor = await door.charge(ada, key="k1")
    await door.grant(ada, 1000)
    unknown = await door.charge(ada, key="k1", workspace="paris")
    await ada.workspace("paris")
    paid = await door.charge(ada, key="k1", workspace="paris")

    assert (poor.status_code, code(poor)) == (402, "insufficient_funds")
    assert (unknown.status_code, code(unknown)) == (400, "workspace_not_found")
    assert paid.status_code == 201
    assert same(paid, await door.charge(ada, key="k1", workspace="paris"))


async def test_granting_credit_twice_with_one_key_grants_once(door: Door) -> None:
    ada = await door.customer(0)
    path, body = ada.place + "/credits", {"cents": 100.5, "reason": "an invoice"}
    first, again = [await door.operator("POST", path, body, key="k1") for _ in range(2)]

    assert same(first, again)
    for changed in ({"cents": 100}, {"reason": "another"}):
        refused = await door.operator("POST", path, body | changed, key="k1")
        assert (refused.status_code, fields(refused)) == (422, list(changed))
    assert (await ada.balance())["balanceInCreditCents"] == 100.5
