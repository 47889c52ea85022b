"""The client for programs that await."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Self

import httpx

from prepaid.client import asking
from prepaid.client.asking import CHARGES, Order
from prepaid.client.errors import PrepaidError, Unreachable
from prepaid.client.shapes import Charge


class AsyncOpenCharge:
    """A held charge inside a `with` block; settled at its end, released by an exception."""

    def __init__(self, client: "AsyncClient", charge: Charge) -> None:
        self._client = client
        self.charge = charge  # as the last step left it

    @property
    def is_open(self) -> bool:
        """Neither settled nor released yet."""
        return self.charge.status == "held"

    async def settle(
        self, *, credits: Decimal | int | None = None, quantity: int | None = None
    ) -> Charge:
        """Fix the final amount now; neither: as it was held."""
        self.charge = await self._client.settle(self.charge.id, credits=credits, quantity=quantity)
        return self.charge

    async def release(self) -> Charge:
        """Give all of it back."""
        self.charge = await self._client.release(self.charge.id)
        return self.charge


class AsyncClient:
    """Asks a Prepaid service to charge. Tasks of one loop may share one.

    Args:
        base_url: where the service is, for example `http://127.0.0.1:8080`.
        operator_key: the key of the operator.
        attempts: how often a request is tried, always with the same idempotency key.
        timeout_s: of one try.
        transport: another way to the service, for tests.
    """

    def __init__(
        self,
        base_url: str,
        operator_key: str,
        *,
        attempts: int = asking.ATTEMPTS,
        timeout_s: float = asking.TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._operator_key = operator_key
        self._attempts = attempts
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=timeout_s, transport=transport, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give connections back."""
        await self._http.aclose()

    @asynccontextmanager
    async def charge(
        self, order: Order | None = None, /, **fields: object
    ) -> AsyncIterator[AsyncOpenCharge]:
        """Hold credit for the length of a `with` block.

        Takes an `Order` or its fields: `sku`, and `account_id` or `api_key`, with `workspace`,
        `quantity`, `credits`, `ttl_seconds` and `metadata` where they matter. At the end of the
        block the charge is settled as it was held, unless the block has settled or released it;
        an exception releases it.

        Raises:
            Refused: nothing was charged, and the block is not entered.
            Unreachable: nobody knows; a hold that was made expires by itself.
        """
        wanted = order or Order(**fields)  # type: ignore[arg-type] # the fields of an order
        async with self.held(AsyncOpenCharge(self, await self.reserve(wanted))) as open_charge:
            yield open_charge

    @asynccontextmanager
    async def held(self, open_charge: AsyncOpenCharge) -> AsyncIterator[AsyncOpenCharge]:
        """End a charge with the block: settled, or released by an exception; see `charge`."""
        try:
            yield open_charge
        except BaseException:
            if open_charge.is_open:
                with suppress(PrepaidError):  # the hold expires; the first error says more
                    await open_charge.release()
            raise
        if open_charge.is_open:
            await open_charge.settle()

    async def reserve(self, order: Order, *, key: str | None = None) -> Charge:
        """Hold credit, or take it at once when the order says `settle`."""
        return await self._ask(CHARGES, order.body(), key or asking.new_key())

    async def settle(
        self,
        charge: str,
        *,
        credits: Decimal | int | None = None,
        quantity: int | None = None,
    ) -> Charge:
        """Fix the final amount of a charge, by its id; neither: as it was held."""
        body = asking.final_body(credits, quantity)
        return await self._ask(f"{CHARGES}/{charge}/settle", body, asking.new_key())

    async def release(self, charge: str) -> Charge:
        """Give all of a held charge back, by its id."""
        return await self._ask(f"{CHARGES}/{charge}/release", b"{}", asking.new_key())

    async def find(self, charge: str) -> Charge:
        """A charge as it is now, by its id."""
        return await self._ask(f"{CHARGES}/{charge}", None, None)

    async def _ask(self, path: str, body: bytes | None, key: str | None) -> Charge:
        headers = asking.headers(self._operator_key, key)
        method = "GET" if body is None else "POST"
        pauses, is_first = asking.pauses(self._attempts), True
        while True:
            answer, reason = None, ""
            try:
                answer = await self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError as error:
                reason = type(error).__name__
            if answer is not None and asking.is_final(answer):
                return asking.read(answer, is_first=is_first)
            pause, is_first = next(pauses, None), False
            if pause is not None:
                await asyncio.sleep(asking.pause_of(answer, pause))
            elif answer is not None:
                return asking.read(answer)
            else:
                raise Unreachable(f"no answer after {self._attempts} tries: {reason}")
