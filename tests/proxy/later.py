"""Requests whose answer is still to come, for tests of what goes on with them."""

from aiohttp import web

from tests.kit.proxied import Buyer, ProxyShop
from tests.kit.upstream import Upstream
from tests.store.recount import recount


async def accepts(request: web.Request) -> web.StreamResponse:
    """Not yet: ask at the address in `location`."""
    if request.method == "GET":
        return web.json_response({"state": "working"}, status=202)
    return web.json_response({}, status=202, headers={"location": "/polls/7?x=1"})


async def begun(there: ProxyShop, far: Upstream) -> Buyer:
    """A request whose answer is still to come."""
    ada = await there.customer(10)
    far.behaviour = accepts
    answer = await ada.send("POST", "/v1/later", json={})
    assert answer.status_code == 202
    return ada


async def statuses(there: ProxyShop, ada: Buyer) -> list[str]:
    kept = await recount(there.shop.desk.vault, ada.account)
    return [charge.status for charge in kept.charges.values()]
