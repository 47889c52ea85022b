"""Whatever a register does, company data is exact afterwards; and some requests never reach it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from prepaid.domain.amounts import CREDIT
from tests.kit.door import code
from tests.kit.proxied import SHIPPED, Buyer, ProxyShop, events, hurry, proxy_shop
from tests.kit.shop import Shop
from tests.kit.upstream import Upstream
from tests.proxy.test_upstream_faults import (
    cuts_at_once,
    cuts_in_the_middle,
    leads_away,
    never_ends,
    says_500,
    says_nothing,
)
from tests.store.recount import recount

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def there(shop: Shop, far: Upstream) -> AsyncIterator[ProxyShop]:
    """The routes that ship, on a register that does what a test says."""
    async with proxy_shop(shop, routes_to(far, 30)) as made:
        yield made


def routes_to(far: Upstream, seconds: float) -> str:
    """The file that ships, with little patience and room."""
    text = SHIPPED.replace("sandbox:register", far.url)
    limits = f"timeout_seconds = {seconds}\nanswer_max_bytes = 100000"
    return text.replace("timeout_seconds = 60", limits)


async def says_garbage(_request: web.Request) -> web.StreamResponse:
    """No JSON, with a success's status."""
    return web.Response(body=b'{"request": {', content_type="application/json")


async def says_a_list(_request: web.Request) -> web.StreamResponse:
    """JSON, and no object."""
    return web.json_response([1, 2])


async def bought(ada: Buyer, company_id: str = "1") -> tuple[int, str | None]:
    answer = await ada.company(company_id, "company", "shareholders", country="FR")
    return answer.status_code, code(answer) if answer.status_code >= 400 else None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (says_garbage, (502, "upstream_failed")),
        (says_a_list, (502, "upstream_failed")),
        (says_500, (502, "upstream_failed")),
        (leads_away, (502, "upstream_failed")),
        (cuts_at_once, (502, "upstream_failed")),
        (cuts_in_the_middle, (502, "upstream_failed")),
        (never_ends, (502, "upstream_failed")),
    ],
)
async def test_a_faulty_register_costs_nothing(
    there: ProxyShop, far: Upstream, fault: Fault, told: tuple[int, str]
) -> None:
    ada = await there.customer(10)
    far.behaviour = fault

    assert await bought(ada) == told
    kept = await recount(there.shop.desk.vault, ada.account)
    assert kept.balance == 10 * CREDIT
    assert [charge.status for charge in kept.charges.values()] == ["released", "released"]
    assert not await events(there.shop.desk.vault, ada.account)
    await hurry(there.shop.desk.vault)
    assert await there.follow() == 0  # nothing is left to go on with


async def test_a_late_register_costs_nothing(shop: Shop, far: Upstream) -> None:
    far.behaviour = says_nothing
    async with proxy_shop(shop, routes_to(far, 0.6)) as there:
        ada = await there.customer(10)

        assert await bought(ada) == (504, "upstream_timeout")
        assert await ada.micros() == 10 * CREDIT


async def test_a_register_that_is_down_costs_nothing(there: ProxyShop) -> None:
    ada = await there.customer(10)
    ways = there.proxy.ways.addresses
    assert isinstance(ways, dict)
    ways["register"] = "http://127.0.0.1:1"

    assert await bought(ada) == (502, "upstream_failed")
    assert await ada.micros() == 10 * CREDIT


async def test_after_a_fault_the_same_key_asks_anew(there: ProxyShop, far: Upstream) -> None:
    """A free repeat would be a gift, and a kept refusal a trap."""
    ada = await there.customer(10)

    async def good(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"company": {"id": "1"}})

    far.behaviour = says_garbage
    keyed = {"idempotency-key": "k"}
    first = await ada.company("1", "company", country="FR", headers=keyed)
    far.behaviour = good
    again = await ada.company("1", "company", country="FR", headers=keyed)

    assert (first.status_code, again.status_code) == (502, 200)
    assert len(far.asked) == 2
    assert (await recount(there.shop.desk.vault, ada.account)).balance == 9 * CREDIT


async def test_a_caller_who_hangs_up_is_billed_for_what_came(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)

    async def waits(_request: web.Request) -> web.StreamResponse:
        await far.go_on.wait()
        return web.json_response({"company": {"id": "1"}})

    far.behaviour = waits
    asking = asyncio.create_task(bought(ada))
    await far.came.wait()
    asking.cancel()
    await asyncio.wait([asking])
    far.go_on.set()
    await asyncio.wait(there.proxy.under_way)

    kept = await recount(there.shop.desk.vault, ada.account)
    assert [charge.status for charge in kept.charges.values()] == ["settled", "released"]
    assert kept.balance == 9 * CREDIT


@pytest.mark.parametrize("credits", [0, -1])
async def test_without_credit_the_register_is_not_asked(
    there: ProxyShop, far: Upstream, credits: float
) -> None:
    ada = await there.customer(credits)

    assert await bought(ada) == (402, "insufficient_funds")
    assert far.asked == []
    assert not (await recount(there.shop.desk.vault, ada.account)).charges


async def test_for_an_unknown_workspace_the_register_is_not_asked(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)
    refused = await ada.company("1", "company", country="FR", workspace="nobody")

    assert (refused.status_code, code(refused)) == (400, "workspace_not_found")
    assert far.asked == []
    assert await ada.micros() == 10 * CREDIT


async def test_what_is_asked_for_by_its_id_asks_no_register(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)
    posted = await ada.send("POST", "/v2/company", json={"requestId": "nothing"})
    got = await ada.send("GET", "/v2/company/nothing")
    priced = await ada.send("GET", "/v2/pricing?countryCode=FR")

    assert (posted.status_code, got.status_code, priced.status_code) == (404, 404, 200)
    assert far.asked == []
