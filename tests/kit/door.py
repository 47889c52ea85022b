"""The front door as its visitors come to it: the operator, and customers with keys of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from tests.kit.shop import OPERATOR_KEY, Shop

OPERATOR = {"x-operator-key": OPERATOR_KEY}
CHARGES = "/v2/operator/charges"
USAGE = "/v2/workspaces/usage"


@dataclass(frozen=True)
class Customer:
    """An account, and a key to it."""

    client: httpx.AsyncClient
    id: str
    key: str

    @property
    def place(self) -> str:
        """Where the operator finds the account."""
        return f"/v2/operator/accounts/{self.id}"

    async def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """A request with the customer's key."""
        return await self.client.request(method, path, headers={"x-api-key": self.key}, **rest)

    async def workspace(self, name: str, legal_name: str = "A client") -> httpx.Response:
        """Create a workspace."""
        return await self.ask(
            "POST", "/v2/workspaces", json={"name": name, "legalName": legal_name}
        )

    async def usage(self, **filters: str) -> Any:
        """The usage report, its numbers exact."""
        answer = await self.ask("GET", USAGE, params=filters)
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def balance(self) -> Any:
        """The balance, its numbers exact."""
        answer = await self.ask("GET", "/v2/billing/balance")
        assert answer.status_code == 200, answer.text
        return exact(answer)


@dataclass(frozen=True)
class Door:
    """The application, and short words for what tests ask of it."""

    shop: Shop
    client: httpx.AsyncClient

    async def operator(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        key: str | None = None,
        **rest: Any,
    ) -> httpx.Response:
        """A request with the operator's key."""
        headers = OPERATOR if key is None else OPERATOR | {"idempotency-key": key}
        if json is not None:
            rest["json"] = json
        return await self.client.request(method, path, headers=headers, **rest)

    async def customer(self, cents: float = 1000, **facts: object) -> Customer:
        """A new account with credit and a full key."""
        body = {"name": "Ada", "sandbox": True} | facts
        made = await self.operator("POST", "/v2/operator/accounts", body)
        assert made.status_code == 201, made.text
        ada = Customer(self.client, made.json()["id"], "")
        if cents:
            await self.grant(ada, cents)
        return await self.with_key(ada)

    async def with_key(self, who: Customer, scope: str = "full") -> Customer:
        """The same account with a new key."""
        made = await self.operator("POST", who.place + "/keys", {"scopes": [scope]})
        assert made.status_code == 201, made.text
        return Customer(self.client, who.id, made.json()["key"])

    async def grant(self, who: Customer, cents: float) -> None:
        """Put credit in."""
        body = {"cents": cents, "reason": "a grant"}
        made = await self.operator("POST", who.place + "/credits", body)
        assert made.status_code == 201, made.text

    async def charge(
        self,
        who: Customer,
        sku: str = "report",
        *,
        key: str | None = None,
        **fields: object,
    ) -> httpx.Response:
        """Reserve, or charge at once."""
        body = {"accountId": who.id, "sku": sku} | fields
        return await self.operator("POST", CHARGES, body, key=key)

    async def import_usage(self, who: Customer, at: str, **fields: object) -> Any:
        """Charge usage of the past; the result of the batch's one item."""
        item = {"accountId": who.id, "sku": "report", "occurredAt": at} | fields
        answer = await self.operator("POST", CHARGES + "/batch", {"charges": [item]})
        assert answer.status_code == 200, answer.text
        return answer.json()["results"][0]


@asynccontextmanager
async def opened_door(shop: Shop) -> AsyncIterator[Door]:
    """The front door of a shop."""
    async with shop.door() as client:
        yield Door(shop, client)


def exact(answer: httpx.Response) -> Any:
    """The body with every fraction as a Decimal."""
    return msgspec.json.Decoder(float_hook=Decimal).decode(answer.content)


def code(answer: httpx.Response) -> str:
    """The code of an error, whose envelope must be whole."""
    body = answer.json()
    assert set(body) == {"statusCode", "error"}, body
    assert body["statusCode"] == answer.status_code
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    found: str = body["error"]["code"]
    return found


def fields(answer: httpx.Response) -> list[str]:
    """The fields an error names."""
    code(answer)
    return [detail["field"] for detail in answer.json()["error"]["details"]]


def spent(report: Any) -> dict[str | None, Any]:
    """Credits by workspace name, those that used any."""
    return {
        row["workspace"] and row["workspace"]["name"]: row["totalCreditsUsed"]
        for row in report
        if row["totalCreditsUsed"]
    }
