"""The client for ordinary programs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Self

import httpx

from prepaid.client import asking
from prepaid.client.asking import CHARGES, Order
from prepaid.client.errors import PrepaidError, Unreachable
from prepaid.client.shapes import Charge


class OpenCharge:
    """A held charge inside a `with` block; settled at its end, released by an exception."""

    def __init__(self, client: "Client", charge: Charge) -> None:
        self._client = client
        self.charge = charge  # as the last step left it

    @property
    def is_open(self) -> bool:
        """Neither settled nor released yet."""
        return self.charge.status == "held"

    def settle(
        self, *, credits: Decimal | int | None = None, quantity: int | None = None
    ) -> Charge:
        """Fix the final amount now; neither: as it was held."""
        self.charge = self._client.settle(self.charge.id, credits=credits, quantity=quantity)
        return self.charge

    def release(self) -> Charge:
        """Give all of it back."""
        self.charge = self._client.release(self.charge.id)
        return self.charge


class Client:
    """Asks a Prepaid service to charge. Threads may share one.

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._operator_key = operator_key
        self._attempts = attempts
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout_s, transport=transport, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give connections back."""
        self._http.close()

    @contextmanager
    def charge(self, order: Order | None = None, /, **fields: object) -> Iterator[OpenCharge]:
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
        open_charge = OpenCharge(self, self.reserve(wanted))
        try:
            yield open_charge
        except BaseException:
            if open_charge.is_open:
                with suppress(PrepaidError):  # the hold expires; the first error says more
                    open_charge.release()
            raise
        if open_charge.is_open:
            open_charge.settle()

    def reserve(self, order: Order, *, key: str | None = None) -> Charge:
        """Hold credit, or take it at once when the order says `settle`."""
        return self._ask(CHARGES, order.body(), key or asking.new_key())

    def settle(
        self,
        charge: str,
        *,
        credits: Decimal | int | None = None,
        quantity: int | None = None,
    ) -> Charge:
        """Fix the final amount of a charge, by its id; neither: as it was held."""
        body = asking.final_body(credits, quantity)
        return self._ask(f"{CHARGES}/{charge}/settle", body, asking.new_key())

    def release(self, charge: str) -> Charge:
        """Give all of a held charge back, by its id."""
        return self._ask(f"{CHARGES}/{charge}/release", b"{}", asking.new_key())

    def find(self, charge: str) -> Charge:
        """A charge as it is now, by its id."""
        return self._ask(f"{CHARGES}/{charge}", None, None)

    def _ask(self, path: str, body: bytes | None, key: str | None) -> Charge:
        headers = asking.headers(self._operator_key, key)
        method = "GET" if body is None else "POST"
        pauses, is_first = asking.pauses(self._attempts), True
        while True:
            answer, reason = None, ""
            try:
                answer = self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError as error:
                reason = type(error).__name__
            if answer is not None and asking.is_final(answer):
                return asking.read(answer, is_first=is_first)
            pause, is_first = next(pauses, None), False
            if pause is not None:
                time.sleep(asking.pause_of(answer, pause))
            elif answer is not None:
                return asking.read(answer)
            else:
                raise Unreachable(f"no answer after {self._attempts} tries: {reason}")
