"""Whatever an upstream does, the balance is exact afterwards, and the caller told what was."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from prepaid.domain.amounts import CREDIT
from tests.kit.door import code
from tests.kit.proxied import ProxyShop, events
from tests.kit.upstream import Upstream, fine
from tests.store.recount import recount


async def cuts_at_once(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def cuts_in_the_middle(request: web.Request) -> web.StreamResponse:
    """Promise 100 bytes and send 10."""
    response = web.StreamResponse(headers={"content-length": "100"})
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport is not None
    request.transport.close()
    return response


async def never_ends(request: web.Request) -> web.StreamResponse:
    """Send and send."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(10_000):
        await response.write(b"x" * 1_000)
    return response


async def says_500(_request: web.Request) -> web.StreamResponse:
    """An error of its own."""
    return web.json_response({"sorry": True}, status=500)


async def says_nothing(_request: web.Request) -> web.StreamResponse:
    """Be late."""
    await asyncio.sleep(30)
    return web.Response()


async def leads_away(_request: web.Request) -> web.StreamResponse:
    """A redirect, which is not followed."""
    return web.Response(status=302, headers={"location": "http://127.0.0.1:1/"})


Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (cuts_at_once, 502),
        (cuts_in_the_middle, 502),
        (never_ends, 502),
        (says_nothing, 504),
        (says_500, 500),
        (leads_away, 302),
    ],
)
async def test_nothing_is_billed_when_nothing_is_delivered(
    there: ProxyShop, far: Upstream, fault: Fault, status: int
) -> None:
    ada = await there.customer(10)
    far.behaviour = fault
    path = "/v1/hasty" if status == 504 else "/v1/reports/1"
    answer = await ada.send("POST", path, "acme", json={})

    assert answer.status_code == status
    if status in {502, 504}:
        assert code(answer) == {502: "upstream_failed", 504: "upstream_timeout"}[status]
    kept = await recount(there.shop.desk.vault, ada.account)
    assert kept.balance == 10 * CREDIT
    assert [charge.status for charge in kept.charges.values()] == ["released"]
    assert not await events(there.shop.desk.vault, ada.account)


async def test_an_upstream_that_is_down_is_a_502(there: ProxyShop) -> None:
    ada = await there.customer(10)
    ways = there.proxy.ways.addresses
    assert isinstance(ways, dict)
    ways["far"] = "http://127.0.0.1:1"
    answer = await ada.send("POST", "/v1/reports/1", json={})

    assert (answer.status_code, code(answer)) == (502, "upstream_failed")
    assert await ada.micros() == 10 * CREDIT


async def test_garbage_for_company_data_is_a_502(there: ProxyShop, far: Upstream) -> None:
    """A plain answer need not be JSON: it was delivered, so it is billed as it is."""

    async def garbage(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b'{"a": ', content_type="application/json")

    ada = await there.customer(10)
    far.behaviour = garbage
    plain = await ada.send("POST", "/v1/reports/1", json={})
    items = await ada.send("POST", "/v1/items", json={"items": ["report", "page"]})

    assert (plain.status_code, plain.content) == (200, b'{"a": ')
    assert items.status_code == 200
    kept = await recount(there.shop.desk.vault, ada.account)
    assert kept.balance == 8 * CREDIT
    assert [c.status for c in kept.charges.values()] == ["settled", "released", "released"]


async def test_a_caller_who_hangs_up_is_billed_for_what_was_delivered(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    asking = asyncio.create_task(ada.send("POST", "/v1/reports/1", json={}))
    await far.came.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert await ada.micros() == 8 * CREDIT
    far.go_on.set()
    await asyncio.wait(there.proxy.under_way)

    kept = await recount(there.shop.desk.vault, ada.account)
    assert [charge.status for charge in kept.charges.values()] == ["settled"]
    assert kept.balance == 8 * CREDIT


async def test_a_good_answer_is_billed_and_tagged(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    answer = await ada.send(
        "POST",
        "/v1/reports/a%20b?x=1&y=%2F",
        "acme",
        {"authorization": "Bearer theirs", "cookie": "a=b", "connection": "x-odd", "x-odd": "1"},
        content=b'{"q": 1.0}',
    )

    assert answer.json()["data"] == "something"
    assert answer.json()["request"]["id"] == 7
    assert answer.json()["request"]["workspace"]["name"] == "acme"
    assert await ada.micros() == 8 * CREDIT
    (asked,) = far.asked
    assert asked.raw_path == "/v1/reports/a%20b?x=1&y=%2F"
    assert asked.headers["authorization"] == "Bearer ours"
    assert not {"x-api-key", "cookie", "x-odd", "idempotency-key"} & set(asked.headers)
    assert far.bodies == [b'{"q": 1.0}']
    (event,) = await events(there.shop.desk.vault, ada.account)
    assert event == {"type": "company.updated"} | answer.json()


async def test_items_are_billed_by_their_own_status(there: ProxyShop, far: Upstream) -> None:
    async def half(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": {"report": "succeeded", "page": "failed"}})

    ada = await there.customer(10)
    far.behaviour = half
    await ada.send("POST", "/v1/items", json={"items": ["report", "page"]})

    kept = await recount(there.shop.desk.vault, ada.account)
    assert {c.sku: c.status for c in kept.charges.values()} == {
        "report": "settled", "page": "released",
    }  # fmt: skip
    assert kept.balance == 8 * CREDIT


async def test_no_charge_is_made_when_one_of_the_group_has_no_price(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)
    refused = await ada.send("POST", "/v1/items", json={"items": ["report", "nothing"]})

    assert (refused.status_code, code(refused)) == (400, "invalid_request")
    assert not far.asked
    assert not (await recount(there.shop.desk.vault, ada.account)).charges


async def test_a_request_that_says_a_thing_twice_is_refused(
    there: ProxyShop, far: Upstream
) -> None:
    """It could be priced by the one and served by the other."""
    ada = await there.customer(10)
    query = await ada.send("GET", "/v1/things?kind=page&kind=report")
    body = await ada.send("POST", "/v1/repeated", content=b'{"id": "a", "id": "b"}')

    assert (query.status_code, body.status_code) == (400, 400)
    assert not far.asked


async def test_two_equal_requests_at_once_are_billed_once(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    two = [
        asyncio.create_task(ada.send("POST", "/v1/repeated", json={"id": "x"})) for _ in range(2)
    ]
    while len(far.asked) < 2:
        far.came.clear()
        await far.came.wait()
    far.go_on.set()
    answers = await asyncio.gather(*two)

    assert [answer.status_code for answer in answers] == [200, 200]
    kept = await recount(there.shop.desk.vault, ada.account)
    assert sorted(c.amount for c in kept.charges.values()) == [0, 2 * CREDIT]
    assert kept.balance == 8 * CREDIT


async def test_free_routes_cost_nothing_and_take_reading_keys(
    there: ProxyShop, far: Upstream
) -> None:
    eve = await there.customer(0, scope="read")
    far.behaviour = fine
    answer = await eve.send("GET", "/v1/free/a/b?c=d")
    unknown = await eve.send("GET", "/v1/free/a", "nobody")
    other = await eve.send("DELETE", "/v1/free/a")

    assert answer.status_code == 200
    assert far.asked[0].raw_path == "/v1/free/a/b?c=d"
    assert (unknown.status_code, code(unknown)) == (400, "workspace_not_found")
    assert (other.status_code, other.headers["allow"]) == (405, "GET")
    assert (await eve.send("GET", "/v1/free/..%2fthings")).status_code == 404
