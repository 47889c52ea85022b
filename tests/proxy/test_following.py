"""Upstreams that answer later: followed by one process at a time, settled once, given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from sqlalchemy import select, update

from prepaid.domain.amounts import CREDIT
from prepaid.domain.instants import HOUR, SECOND
from prepaid.flows.proxying.following import follow
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.proxying.settling import give_up
from prepaid.store import tables as t
from prepaid.store.vault import Connection
from tests.kit.proxied import SHIPPED, ProxyShop, events, hurry, proxy_shop
from tests.kit.shop import Shop, opened
from tests.kit.upstream import Upstream, fine
from tests.proxy.conftest import ROUTES
from tests.proxy.later import accepts, begun, statuses

HOUR_LONG = "give_up_hours = 1\n"
AT_ONCE = "give_up_hours = 0.000001\n"


async def test_a_202_is_polled_until_it_is_done_and_billed_once(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await begun(there, far)
    vault = there.shop.desk.vault
    assert await there.follow() == 0  # it is not time yet
    await hurry(vault)
    assert await there.follow() == 1
    assert (await statuses(there, ada), await events(vault, ada.account)) == (["held"], [])

    far.behaviour = fine
    await hurry(vault)
    assert await there.follow() == 1
    await hurry(vault)
    assert await there.follow() == 0

    assert [one.raw_path for one in far.asked] == ["/v1/later", *["/polls/7?x=1"] * 2]
    assert far.asked[1].headers["authorization"] == "Bearer ours"
    assert await statuses(there, ada) == ["settled"]
    assert await ada.micros() == 8 * CREDIT
    (event,) = await events(vault, ada.account)
    assert event["data"] == "something"


async def test_a_poll_that_fails_is_asked_again(there: ProxyShop, far: Upstream) -> None:
    ada = await begun(there, far)

    async def broken(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    far.behaviour = broken
    for _ in range(2):
        await hurry(there.shop.desk.vault)
        assert await there.follow() == 1
    assert await statuses(there, ada) == ["held"]
    far.behaviour = fine
    await hurry(there.shop.desk.vault)
    await there.follow()

    assert await statuses(there, ada) == ["settled"]


async def test_what_never_comes_is_given_up(shop: Shop, far: Upstream) -> None:
    """The hold is released, the last answer stays, and nobody is told of data."""
    async with proxy_shop(shop, ROUTES.format(url=far.url).replace(HOUR_LONG, AT_ONCE)) as there:
        ada = await begun(there, far)
        far.behaviour = accepts
        await hurry(shop.desk.vault)
        assert await there.follow() == 1
        await hurry(shop.desk.vault)

        assert await there.follow() == 0
        assert await statuses(there, ada) == ["released"]
        assert await ada.micros() == 10 * CREDIT
        assert await events(shop.desk.vault, ada.account) == []


@pytest.mark.parametrize("is_silent", [True, False])
async def test_company_data_that_never_comes_is_given_up(
    shop: Shop, far: Upstream, is_silent: bool
) -> None:
    """What has come is billed, the rest has failed; the account is told once."""
    text = SHIPPED.replace("give_up_hours = 72", AT_ONCE).replace("sandbox:register", far.url)
    points = {"company": {"status": "succeeded"}, "shareholders": {"status": "in_progress"}}

    async def half(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and is_silent:
            return web.Response(status=500)
        told = {"requestId": "r", "dataStatus": {"dataPoints": points, "documents": {}}}
        return web.json_response({"request": told, "company": {"id": "1"}})

    far.behaviour = half
    async with proxy_shop(shop, text) as there:
        ada = await there.customer(10)
        first = await ada.company("1", "company", "shareholders", country="FR")
        await hurry(shop.desk.vault)
        assert await there.follow() == 1
        got = await ada.send("GET", f"/v2/company/{first.json()['request']['requestId']}")

        found = got.json()["request"]["dataStatus"]["dataPoints"]
        assert {name: (one["status"], one["cost"]) for name, one in found.items()} == {
            "company": ("succeeded", 1), "shareholders": ("failed", 0),
        }  # fmt: skip
        assert got.json()["company"] == {"id": "1"}
        assert await statuses(there, ada) == ["settled", "released"]
        assert await ada.micros() == 9 * CREDIT
        assert len(await events(shop.desk.vault, ada.account)) == 2


@asynccontextmanager
async def another(there: ProxyShop, url: str) -> AsyncIterator[Proxy]:
    """The proxy of another process: on PostgreSQL with connections of its own."""
    if not there.shop.desk.vault.database.is_shared:
        yield replace(there.proxy, under_way=set())
        return
    async with opened(url) as shop:
        yield replace(there.proxy, desk=shop.desk, under_way=set())


async def test_two_processes_poll_once(there: ProxyShop, far: Upstream, database_url: str) -> None:
    people = [await begun(there, far) for _ in range(5)]
    far.behaviour = fine
    async with another(there, database_url) as other:
        await hurry(there.shop.desk.vault)
        await asyncio.gather(*(follow(proxy) for proxy in (there.proxy, other) * 3))

    assert [one.method for one in far.asked].count("GET") == len(people)
    for ada in people:
        assert await statuses(there, ada) == ["settled"]
        assert len(await events(there.shop.desk.vault, ada.account)) == 1


async def test_one_that_lost_its_lease_settles_nothing(
    there: ProxyShop, far: Upstream, database_url: str
) -> None:
    """It hung between the upstream's answer and its settle; another has gone on meanwhile."""
    ada = await begun(there, far)
    vault = there.shop.desk.vault
    far.behaviour = far.wait_for_go
    await hurry(vault)
    far.came.clear()
    slow = asyncio.create_task(there.follow())
    await far.came.wait()
    async with another(there, database_url) as other:
        assert await follow(other) == 0  # the lease holds
        await hurry(vault)
        far.behaviour = fine
        assert await follow(other) == 1
    far.go_on.set()
    await slow

    assert await statuses(there, ada) == ["settled"]
    assert await ada.micros() == 8 * CREDIT
    assert len(await events(vault, ada.account)) == 1


async def due_at(there: ProxyShop, seconds: int) -> tuple[int, str]:
    """Let what is kept be due so many seconds from now, by the database's clock."""
    r, vault = t.proxied_request, there.shop.desk.vault

    def work(connection: Connection) -> tuple[int, str]:
        at = vault.clock(connection) + seconds * SECOND
        connection.execute(update(r).values(due_at=at))
        row = connection.execute(select(r.c.account_id, r.c.id)).one()
        return row.account_id, row.id

    return await vault.write(work)


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
async def test_a_machine_with_a_wrong_clock_keeps_to_the_databases(
    there: ProxyShop, far: Upstream, skew: int
) -> None:
    """Else it would take over what others are at, or leave what nobody is at."""
    await begun(there, far)
    desk = there.shop.desk
    wrong = replace(there.proxy, desk=replace(desk, clock=lambda: desk.clock() + skew))
    polls = len(far.asked)
    await due_at(there, 1_000)
    assert await follow(wrong) == 0
    assert len(far.asked) == polls

    await due_at(there, -5)
    assert await follow(wrong) == 1
    assert len(far.asked) == polls + 1
    assert await follow(there.proxy) == 0  # it was put off by the same clock


async def test_a_wrong_clock_gives_up_nobody_who_is_at_work(
    there: ProxyShop, far: Upstream
) -> None:
    """A twin in another process meets the key in flight, and its lease by its own clock over."""
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    keyed = {"idempotency-key": "k"}
    asking = asyncio.create_task(ada.send("POST", "/v1/reports/1", headers=keyed, json={}))
    await far.came.wait()
    place = await due_at(there, 1_000)
    desk = there.shop.desk
    wrong = replace(desk, clock=lambda: desk.clock() + HOUR)
    was_given_up = await give_up(wrong, *place)
    far.go_on.set()
    answer = await asking

    assert not was_given_up
    assert answer.status_code == 200
    assert await statuses(there, ada) == ["settled"]


async def test_only_who_holds_the_lease_settles(
    there: ProxyShop, far: Upstream, database_url: str
) -> None:
    """Both have an answer; that of the one who was taken over from is dropped."""
    ada = await begun(there, far)
    vault = there.shop.desk.vault
    first, second = asyncio.Event(), asyncio.Event()
    gates = iter((first, second))

    async def gated(request: web.Request) -> web.StreamResponse:
        gate = next(gates)
        await gate.wait()
        return web.json_response({"from": "first" if gate is first else "second"})

    far.behaviour = gated
    async with another(there, database_url) as other:
        works = []
        for proxy in (there.proxy, other):
            await hurry(vault)
            far.came.clear()
            works.append(asyncio.create_task(follow(proxy)))
            await far.came.wait()
        first.set()
        await works[0]
        after_first = await statuses(there, ada)
        second.set()
        await works[1]

    assert after_first == ["held"]
    assert await statuses(there, ada) == ["settled"]
    assert [one["from"] for one in await events(vault, ada.account)] == ["second"]
