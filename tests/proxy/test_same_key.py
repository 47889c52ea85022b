"""A proxied request with an idempotency key: carried out once, answered as often as asked."""

import asyncio
from typing import Any

from aiohttp import web

from prepaid.domain.amounts import CREDIT
from tests.kit.door import code, fields
from tests.kit.proxied import Buyer, ProxyShop, hurry
from tests.kit.upstream import Upstream, fine
from tests.store.recount import recount

KEY = {"idempotency-key": "k1"}
PATH = "/v1/reports/1"
HASTY = "/v1/hasty"


async def test_the_stored_answer_comes_again_for_24_hours(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    first = await ada.send("POST", PATH, headers=KEY, json={"a": 1})
    again = await ada.send("POST", PATH, headers=KEY, json={"a": 1})
    await ada.later(24 * 3600 + 1)
    later = await ada.send("POST", PATH, headers=KEY, json={"a": 1})

    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in later.headers
    assert len(far.asked) == 2
    assert await ada.micros() == 6 * CREDIT


async def test_another_request_with_the_key_is_422(there: ProxyShop) -> None:
    ada = await there.customer(10)
    await ada.send("POST", PATH, headers=KEY, json={"a": 1})
    body = await ada.send("POST", PATH, headers=KEY, json={"a": 2})
    tagged = await ada.send("POST", PATH, "acme", headers=KEY, json={"a": 1})

    assert (body.status_code, code(body), fields(body)) == (422, "idempotency_key_reused", ["body"])
    assert fields(tagged) == ["workspace"]
    assert await ada.micros() == 8 * CREDIT


async def test_somebody_elses_key_is_another_key(there: ProxyShop, far: Upstream) -> None:
    ada, bob = await there.customer(10), await there.customer(10)
    for buyer in (ada, bob):
        await buyer.send("POST", PATH, headers=KEY, json={})

    assert len(far.asked) == 2
    assert await bob.micros() == 8 * CREDIT


async def test_a_twin_waits_for_the_answer(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    twins = [asyncio.create_task(ada.send("POST", PATH, headers=KEY, json={})) for _ in range(5)]
    await far.came.wait()
    far.go_on.set()
    answers = await asyncio.gather(*twins)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(far.asked) == 1
    kept = await recount(there.shop.desk.vault, ada.account)
    assert len(kept.charges) == 1


async def test_a_twin_that_waited_long_enough_is_409(there: ProxyShop, far: Upstream) -> None:
    """Here the first one's maker is gone, and its lease has not ended."""
    ada = await there.customer(10)
    await crashed(there, far, ada, HASTY)
    twin = await ada.send("POST", HASTY, headers=KEY, json={})

    assert (twin.status_code, code(twin)) == (409, "request_in_progress")
    assert await ada.micros() == 8 * CREDIT


async def test_after_a_crash_the_same_key_releases_the_hold_and_asks_anew(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(2)
    await crashed(there, far, ada)
    await hurry(there.shop.desk.vault)
    far.behaviour = fine
    again = await ada.send("POST", PATH, headers=KEY, json={})

    assert again.status_code == 200
    kept = await recount(there.shop.desk.vault, ada.account)
    assert [c.status for c in kept.charges.values()] == ["released", "settled"]
    assert kept.balance == 0


async def test_after_a_crash_the_background_releases_the_hold(
    there: ProxyShop, far: Upstream
) -> None:
    ada = await there.customer(10)
    await crashed(there, far, ada)
    await hurry(there.shop.desk.vault)

    assert await there.follow() == 1
    assert await there.follow() == 0
    kept = await recount(there.shop.desk.vault, ada.account)
    assert [c.status for c in kept.charges.values()] == ["released"]
    assert kept.balance == 10 * CREDIT


async def test_a_maker_that_was_given_up_bills_nothing(there: ProxyShop, far: Upstream) -> None:
    """It comes back after its lease: what it has was not paid for, so it is not handed out."""
    ada = await there.customer(10)
    far.behaviour = far.wait_for_go
    late = asyncio.create_task(ada.send("POST", PATH, headers=KEY, json={}))
    await far.came.wait()
    await hurry(there.shop.desk.vault)
    assert await there.follow() == 1
    far.go_on.set()
    answer = await late

    assert (answer.status_code, code(answer)) == (504, "upstream_timeout")
    kept = await recount(there.shop.desk.vault, ada.account)
    assert [c.status for c in kept.charges.values()] == ["released"]
    assert kept.balance == 10 * CREDIT


async def test_a_fault_of_the_upstream_is_not_kept(there: ProxyShop, far: Upstream) -> None:
    ada = await there.customer(10)

    async def once(_request: web.Request) -> web.StreamResponse:
        far.behaviour = fine
        return web.json_response({}, status=500)

    far.behaviour = once
    first = await ada.send("POST", PATH, headers=KEY, json={})
    again = await ada.send("POST", PATH, headers=KEY, json={})

    assert (first.status_code, again.status_code) == (500, 200)
    assert await ada.micros() == 8 * CREDIT


async def test_a_refusal_is_not_kept(there: ProxyShop) -> None:
    ada = await there.customer(0)
    first = await ada.send("POST", PATH, headers=KEY, json={})
    await there.shop.grant(ada.account, 10)
    again = await ada.send("POST", PATH, headers=KEY, json={})

    assert (first.status_code, again.status_code) == (402, 200)


async def crashed(there: ProxyShop, far: Upstream, ada: Buyer, path: str = PATH) -> None:
    """A request whose process ends between the upstream's answer and the settle."""

    async def forever(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    far.behaviour = forever
    proxy = there.proxy
    asking = asyncio.create_task(ada.send("POST", path, headers=KEY, json={}))
    await far.came.wait()
    # The writer is deaf while the request's task ends, as if the process had ended with it.
    submit = proxy.desk.vault.submit
    dead = asyncio.get_running_loop().create_future()
    deaf: Any = lambda _command: dead  # noqa: E731
    proxy.desk.vault.submit = deaf  # type: ignore[method-assign]
    for task in list(proxy.under_way):
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
    dead.cancel()
    await asyncio.wait([asking])
    proxy.desk.vault.submit = submit  # type: ignore[method-assign]
