"""Clients of a running server: they ask over HTTP, and keep what was acknowledged to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from tests.kit.server import Server
from tests.kit.shop import OPERATOR_KEY

# A server that has just printed its address may not take connections yet.
CONNECT_RETRIES = 6
CHARGES = "/v2/operator/charges"


@asynccontextmanager
async def operator(server: Server, connections: int = 64) -> AsyncIterator[httpx.AsyncClient]:
    """The operator, asking a server that is ready with so many connections."""
    patient = httpx.AsyncHTTPTransport(retries=CONNECT_RETRIES)
    async with httpx.AsyncClient(transport=patient, base_url=server.url, timeout=60) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 200, ready.text
    async with httpx.AsyncClient(
        base_url=server.url,
        headers={"x-operator-key": OPERATOR_KEY},
        limits=httpx.Limits(max_connections=connections),
        timeout=60,
    ) as client:
        yield client


async def account_with(client: httpx.AsyncClient, cents: int) -> AccountId:
    """A new account with so much credit."""
    made = await client.post("/v2/operator/accounts", json={"name": "Ada"})
    assert made.status_code == 201, made.text
    place = made.json()["id"]
    granted = await client.post(
        f"/v2/operator/accounts/{place}/credits", json={"cents": cents, "reason": "a grant"}
    )
    assert granted.status_code == 201, granted.text
    account = ids.parse_account(place)
    assert account is not None
    return account


async def charge(
    client: httpx.AsyncClient, account: AccountId, key: str | None = None, **fields: object
) -> httpx.Response:
    """Ask for one charge of a credit cent."""
    body: dict[str, Any] = {
        "accountId": ids.account(account),
        "sku": "page",
        "credits": 0.01,
        "settle": True,
    }
    headers = {} if key is None else {"idempotency-key": key}
    return await client.post(CHARGES, json=body | fields, headers=headers)
