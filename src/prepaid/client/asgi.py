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
from contextlib import AbstractAsyncContextManager
from typing import Any

from msgspec.structs import replace

from prepaid.client import refusing, repeats
from prepaid.client.asking import Order
from prepaid.client.awaiting import AsyncClient, AsyncOpenCharge
from prepaid.client.errors import PrepaidError, Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Sku = str | Callable[[Scope], str | None]

SUCCESS = range(200, 400)


class Metering:
    """The middleware.

    Args:
        app: what is metered.
        client: who is asked to charge.
        sku: what a request is sold as; a function of the ASGI scope may say None for a free one.
            Inside, `scope["prepaid"]` is the open charge, for another amount or a release.
        workspace_header: tags a request with a workspace of the customer.
        idempotent: whether a repeat with the caller's `Idempotency-Key` is free for a day. The
            application runs again for it.
    """

    def __init__(
        self,
        app: App,
        *,
        client: AsyncClient,
        sku: Sku,
        workspace_header: str = "x-topograph-workspace-id",
        idempotent: bool = True,
    ) -> None:
        self._app = app
        self._client = client
        self._sku = sku
        self._workspace_header = workspace_header.lower().encode()
        self._is_idempotent = idempotent

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
            await _answer(send, refusing.NO_KEY)
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
            block, receive = await self._block(order, scope, receive)
            async with block as charge:
                begun.charge = scope["prepaid"] = charge
                await self._app(scope, receive, begun.send)
                if not begun.is_answered and charge.is_open:
                    await charge.release()
        except ConnectionAbortedError:
            if begun.charge is not None:
                raise
        except Refused as error:
            if begun.charge is not None:
                raise
            await _answer(send, refusing.told(error))
        except PrepaidError as error:
            if begun.is_answered:
                raise
            await _answer(send, refusing.told(error))

    async def _block(
        self, order: Order, scope: Scope, receive: Receive
    ) -> tuple[AbstractAsyncContextManager[AsyncOpenCharge], Receive]:
        """The open charge, and where the application reads the request's body."""
        key = dict(scope["headers"]).get(b"idempotency-key")
        if key is None or not self._is_idempotent:
            return self._client.charge(order), receive
        repeats.check(key)
        body, receive = await repeats.whole(receive)
        asked = replace(order, metadata={"request": repeats.digest(scope, body)})
        charge = await repeats.opened(self._client, asked, key)
        return self._client.held(charge), receive


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


async def _answer(send: Send, refused: Refused) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(refused.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.body})
