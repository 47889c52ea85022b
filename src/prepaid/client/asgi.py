"""Meters an ASGI application, such as one of Starlette or FastAPI, request by request.

    app.add_middleware(
        Metering,
        client=AsyncClient("http://127.0.0.1:8080", operator_key),
        sku="report",
    )

Your customers send the API key that Prepaid gave them; the charge is settled when the answer is a
success, before its first byte is sent, and released otherwise.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prepaid.client.asking import Order
from prepaid.client.awaiting import AsyncClient, AsyncOpenCharge
from prepaid.client.errors import Refused, Unreachable

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Sku = str | Callable[[Scope], str | None]

SUCCESS = range(200, 400)
_NO_KEY = (
    b'{"statusCode": 401, "error": {"code": "unauthorized",'
    b' "message": "send an API key in the header x-api-key", "details": []}}'
)
_AWAY = (
    b'{"statusCode": 503, "error": {"code": "overloaded",'
    b' "message": "billing is away; try again", "details": []}}'
)


class Metering:
    """The middleware.

    Args:
        app: what is metered.
        client: who is asked to charge.
        sku: what a request is sold as; a function of the ASGI scope may say None for a free one.
            Inside, `scope["prepaid"]` is the open charge, for another amount or a release.
        workspace_header: tags a request with a workspace of the customer.
    """

    def __init__(
        self,
        app: App,
        *,
        client: AsyncClient,
        sku: Sku,
        workspace_header: str = "x-topograph-workspace-id",
    ) -> None:
        self._app = app
        self._client = client
        self._sku = sku
        self._workspace_header = workspace_header.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        sku = self._sku if isinstance(self._sku, str) else None
        if scope["type"] == "http" and not isinstance(self._sku, str):
            sku = self._sku(scope)
        if scope["type"] != "http" or sku is None:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        api_key = headers.get(b"x-api-key")
        if api_key is None:
            await _answer(send, 401, _NO_KEY)
            return
        order = Order(
            sku=sku,
            api_key=api_key.decode("latin-1"),
            workspace=headers.get(self._workspace_header, b"default").decode("latin-1"),
        )
        await self._metered(order, scope, receive, send)

    async def _metered(self, order: Order, scope: Scope, receive: Receive, send: Send) -> None:
        begun = _Begun(send)
        try:
            async with self._client.charge(order) as charge:
                begun.charge = scope["prepaid"] = charge
                await self._app(scope, receive, begun.send)
                if not begun.is_answered and charge.is_open:
                    await charge.release()
        except Refused as refused:
            if begun.is_answered or begun.charge is not None:
                raise
            await _answer(send, refused.status, refused.body)
        except Unreachable:
            if begun.is_answered:
                raise
            await _answer(send, 503, _AWAY)


class _Begun:
    """Ends the charge when the answer begins."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.charge: AsyncOpenCharge | None = None
        self.is_answered = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start" and self.charge is not None:
            if self.charge.is_open and message["status"] in SUCCESS:
                await self.charge.settle()
            elif self.charge.is_open:
                await self.charge.release()
            self.is_answered = True
        await self._send(message)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
