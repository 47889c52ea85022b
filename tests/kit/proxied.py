"""A shop whose door passes requests on: with a routes file, upstreams and people of its own."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update

from prepaid import assembly
from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.routing import file
from prepaid.flows import accounts, prices, workspaces
from prepaid.flows.proxying import following
from prepaid.flows.proxying.passing import Proxy
from prepaid.sandbox import register_prices
from prepaid.store import tables as t
from prepaid.store.prices import Price
from prepaid.store.vault import Vault
from prepaid.web import app
from prepaid.web.metrics import Metrics
from tests.kit.door import Customer
from tests.kit.shop import OPERATOR_KEY, PRICES, Shop

SHIPPED = Path(assembly.ROUTES_FILE).read_text("utf-8")
HEADER = "x-topograph-workspace-id"


@dataclass(frozen=True)
class ProxyShop:
    """The shop, its proxy, and a client of its door."""

    shop: Shop
    proxy: Proxy
    client: httpx.AsyncClient

    async def customer(self, credits: float = 10, scope: str = "full") -> "Buyer":
        """A new sandbox account with credit, a key and a workspace named acme."""
        account = await self.shop.account(credits)
        key, _ = await accounts.create_key(self.shop.desk, account, "test", scope)
        await workspaces.create(self.shop.desk, account, "acme", "Acme SAS")
        return Buyer(self.client, ids.account(account), key, account, self)

    async def follow(self) -> int:
        """One turn of the background job."""
        return await following.follow(self.proxy)


@dataclass(frozen=True)
class Buyer(Customer):
    """A customer whose requests are passed on."""

    account: AccountId
    at: ProxyShop

    async def send(
        self,
        method: str,
        path: str,
        workspace: str | None = None,
        headers: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> httpx.Response:
        """A request, tagged or not."""
        sent = {"x-api-key": self.key} | dict(headers or {})
        if workspace is not None:
            sent[HEADER] = workspace
        return await self.client.request(method, path, headers=sent, **rest)

    async def company(
        self,
        company_id: str,
        *points: str,
        country: str = "TEST",
        **more: Any,
    ) -> httpx.Response:
        """`POST /v2/company`."""
        workspace, headers = more.pop("workspace", None), more.pop("headers", None)
        body = {"id": company_id, "countryCode": country, "dataPoints": points, **more}
        return await self.send("POST", "/v2/company", workspace, headers, json=body)

    async def micros(self) -> int:
        """The balance, due holds given back."""
        return await self.at.shop.balance(self.account)

    async def later(self, seconds: int) -> None:
        """Advance the account's clock."""
        await self.at.shop.later(self.account, seconds)


@asynccontextmanager
async def proxy_shop(shop: Shop, routes: str = SHIPPED) -> AsyncIterator[ProxyShop]:
    """A shop that passes requests on by a routes file."""
    listed = [Price(p.sku, p.micros, p.unit, p.description) for p in register_prices.prices()]
    await prices.replace_list(shop.desk, [*PRICES, *listed])
    proxy, beside = assembly.open_proxy(shop.desk, file.parse(routes))
    inside = app.build(
        shop.desk,
        operator_key=OPERATOR_KEY,
        public_url="http://shop.test",
        metrics=Metrics(list),
        lifespan=None,
        proxy=proxy,
    )
    transport = httpx.ASGITransport(inside, raise_app_exceptions=False)
    async with beside():
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield ProxyShop(shop, proxy, client)
        await proxy.close()


async def hurry(vault: Vault) -> None:
    """Let every lease end, and every poll be due."""
    r = t.proxied_request
    await vault.write(
        lambda c: c.execute(update(r).where(r.c.due_at.is_not(None)).values(due_at=1))
    )


async def events(vault: Vault, account: AccountId) -> list[Any]:
    """The bodies of the account's messages, in order."""
    m = t.message.c
    query = select(m.body).where(m.account_id == account).order_by(m.number)
    rows = await vault.read(lambda c: list(c.scalars(query)))
    return [json.loads(row) for row in rows]
