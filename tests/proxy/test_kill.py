"""`kill -9` of the server between the upstream's answer and the settle: exact afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from prepaid import assembly
from prepaid.domain import ids
from prepaid.domain.amounts import CREDIT
from prepaid.domain.routing import file
from prepaid.flows.proxying.following import follow
from tests.kit.proxied import hurry
from tests.kit.server import Server, start
from tests.kit.shop import OPERATOR_KEY, opened
from tests.kit.upstream import Upstream, fine
from tests.proxy.conftest import ROUTES
from tests.store.recount import recount

OPERATOR = {"x-operator-key": OPERATOR_KEY}
KEYED = {"idempotency-key": "k1"}


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """What the test has started; none outlives it."""
    started: list[Server] = []
    yield started
    for server in started:
        if server.process.poll() is None:
            server.kill()
        assert server.process.stdout is not None
        server.process.stdout.close()


async def begin(url: str, path: Path, servers: list[Server]) -> Server:
    server = await asyncio.to_thread(start, url, PREPAID_ROUTES=str(path))
    servers.append(server)
    return server


@pytest.mark.parametrize("moment", ["asked", "answered"])
@pytest.mark.parametrize("after", ["same key", "background"])
async def test_a_killed_server_neither_keeps_nor_doubles(
    database_url: str,
    far: Upstream,
    tmp_path: Path,
    servers: list[Server],
    moment: str,
    after: str,
) -> None:
    """The hold is given back; the same key then asks anew, and is billed once."""
    path = tmp_path / "routes.toml"
    path.write_text(ROUTES.format(url=far.url), "utf-8")
    server = await begin(database_url, path, servers)

    async def kills(request: web.Request) -> web.StreamResponse:
        if moment == "asked":
            server.kill()
            return await fine(request)
        response = web.StreamResponse(headers={"content-length": "2"})
        await response.prepare(request)
        await response.write(b"{}")
        server.kill()
        return response

    async with httpx.AsyncClient(base_url=server.url, headers=OPERATOR) as operator:
        account, key = await buyer(operator)
        far.behaviour = kills
        asked = KEYED | {"x-api-key": key}
        with pytest.raises(httpx.TransportError):
            await operator.post("/v1/reports/1", headers=asked, json={})
    far.behaviour = fine
    async with opened(database_url) as shop:
        before = await recount(shop.desk.vault, account)
        await hurry(shop.desk.vault)
        if after == "background":
            proxy, _ = assembly.open_proxy(shop.desk, file.parse(path.read_text("utf-8")))
            await follow(proxy)
            assert (await recount(shop.desk.vault, account)).balance in {8 * CREDIT, 10 * CREDIT}
            await proxy.close()
    server = await begin(database_url, path, servers)
    async with httpx.AsyncClient(base_url=server.url) as client:
        again = await client.post("/v1/reports/1", headers=asked, json={})
    server.stop()

    assert again.status_code == 200, again.text
    was_settled = [c.status for c in before.charges.values()] == ["settled"]
    async with opened(database_url) as shop:
        kept = await recount(shop.desk.vault, account)
    assert kept.balance == 8 * CREDIT
    expected = ["settled"] if was_settled else ["released", "settled"]
    assert [c.status for c in kept.charges.values()] == expected


async def buyer(operator: httpx.AsyncClient) -> tuple[int, str]:
    """An account with 10 credits, and its key."""
    made = (await operator.post("/v2/operator/accounts", json={"name": "Ada"})).json()
    place = f"/v2/operator/accounts/{made['id']}"
    await operator.post(place + "/credits", json={"cents": 1000, "reason": "a grant"})
    await operator.put("/v2/operator/prices", json={"prices": [{"sku": "report", "credits": 2}]})
    key = (await operator.post(place + "/keys", json={})).json()["key"]
    account = ids.parse_account(made["id"])
    assert account is not None
    return account, key
