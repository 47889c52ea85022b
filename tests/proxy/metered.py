"""An application behind the middleware, in front of a service of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from prepaid.client import AsyncClient, Metering
from prepaid.client.asgi import Receive, Scope, Send
from tests.kit.shop import OPERATOR_KEY
from tests.proxy.test_how_to import balance, prepared
from tests.web.service import running


def code(answer: httpx.Response) -> str:
    """Of the envelope."""
    found: str = answer.json()["error"]["code"]
    return found


@dataclass
class Application:
    """What is metered: remembers what it was asked, and answers as told."""

    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    quantity: int | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, is_more = b"", True
        while is_more:
            message = await receive()
            body += message.get("body", b"")
            is_more = message.get("more_body", False)
        self.bodies.append(body)
        self.begun.set()
        await self.may_end.wait()
        if self.quantity is not None:
            await scope["prepaid"].settle(quantity=self.quantity)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True)
class Metered:
    """An application, its customer's client, and the customer's key."""

    inside: Application
    client: httpx.AsyncClient
    url: str
    key: str

    async def ask(
        self, once: str | None = None, path: str = "/a", method: str = "GET", **rest: Any
    ) -> httpx.Response:
        """A request, with an idempotency key of its own or none."""
        headers: dict[str, str] = {"x-api-key": self.key} | rest.pop("headers", {})
        if once is not None:
            headers["idempotency-key"] = once
        return await self.client.request(method, path, headers=headers, **rest)

    async def spent(self) -> int:
        """Credit cents."""
        return 10_000 - await asyncio.to_thread(balance, self.url, self.key)


@asynccontextmanager
async def metered(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    operator_key: str = OPERATOR_KEY,
    **options: Any,
) -> AsyncIterator[Metered]:
    """An application in front of a service of its own."""
    with running(database_url) as url:
        key = prepared(url, monkeypatch)
        inside = Application()
        asks = AsyncClient(url, operator_key, timeout_s=30, attempts=1)
        app = Metering(inside, client=asks, **({"sku": "report"} | options))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with asks, httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            yield Metered(inside, client, url, key)
