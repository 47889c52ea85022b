"""Localstripe in its own process, and before it what Stripe does and localstripe does not.

Answers are stored by `Idempotency-Key` and repeated, payments are listed by customer, and on
demand an answer is lost on its way.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import aiohttp
import msgspec
from aiohttp import web

# It writes its store to one fixed file after each change, which is not wanted here; and it ends
# with the test run, however that ends.
LAUNCH = """
import asyncio, os, socket
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
async def end_with_parent(app):
    asyncio.get_running_loop().add_reader(0, os._exit, 0)
server.app.on_startup.append(end_with_parent)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None)
"""
UNKNOWN_TO_LOCALSTRIPE = "allowed_payment_method_types"
INTENTS = "/v1/payment_intents"
METHODS = "/v1/payment_methods"
API_KEY = "sk_test_12345"
OUR_KEY = {"Authorization": f"Bearer {API_KEY}"}


@contextmanager
def running() -> Iterator[str]:
    """URL of a localstripe of our own."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


class Payment(msgspec.Struct):
    """A payment as localstripe lists it."""

    id: str
    customer: str | None
    created: int
    status: str
    amount: int
    metadata: dict[str, str]


class _Made(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    data: list[msgspec.Raw]


@dataclass
class Counter:
    """The desk in front of localstripe."""

    url: str  # of localstripe
    address: str = ""  # where this one is open
    faults: list[str] = field(default_factory=list)  # one for each payment that is asked for
    asks: list[dict[str, str]] = field(default_factory=list)  # what was sent to make a payment
    is_made: asyncio.Event = field(default_factory=asyncio.Event)  # a fault's payment is done
    released: asyncio.Event = field(default_factory=asyncio.Event)
    stored: dict[str, tuple[bytes, int, bytes]] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve at `address`."""
        app = web.Application()
        app.router.add_get(INTENTS, self.list_payments)
        app.router.add_post("/v1/checkout/sessions", self.make_page)
        app.router.add_route("*", "/{path:.*}", self.forward)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with aiohttp.ClientSession(self.url) as self.session:
            try:
                self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
                yield
            finally:
                self.released.set()
                await runner.cleanup()

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """One request, with the fault that is planned for it."""
        body = await request.read()
        fault = ""
        if request.path == INTENTS and request.method == "POST":
            self.asks.append(dict(parse_qsl(body.decode())))
            fault = self.faults.pop(0) if self.faults else ""
        status, answer = 0, b""
        if fault != "unheard":
            status, answer = await self._once(request, body)
        self.is_made.set()
        if fault == "hang":
            await self.released.wait()
        if fault:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(status=status, body=answer, content_type="application/json")

    async def _once(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return await self._sent(request, body)
        if key not in self.stored:
            self.stored[key] = (body, *await self._sent(request, body))
        first, status, answer = self.stored[key]
        if first != body:
            return 400, msgspec.json.encode({"error": {"type": "idempotency_error"}})
        return status, answer

    async def _sent(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        fields = parse_qsl(body.decode())
        known = [(name, value) for name, value in fields if UNKNOWN_TO_LOCALSTRIPE not in name]
        headers = {
            "Authorization": request.headers["Authorization"],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.session.request(
            request.method, request.path_qs, data=urlencode(known), headers=headers
        ) as response:
            return response.status, await response.read()

    async def new_card(self, number: str) -> str:
        """A payment method, as Stripe's own page would make it."""
        card = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        fields = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        async with self.session.post(METHODS, data=fields, headers=OUR_KEY) as response:
            return msgspec.json.decode(await response.read(), type=_Made).id

    async def payments(self) -> list[tuple[Payment, msgspec.Raw]]:
        """Every payment, newest first."""
        async with self.session.get(f"{INTENTS}?limit=1000", headers=OUR_KEY) as response:
            rows = msgspec.json.decode(await response.read(), type=_List).data
        return [(msgspec.json.decode(row, type=Payment), row) for row in reversed(rows)]

    async def list_payments(self, request: web.Request) -> web.Response:
        """The payments of a customer; localstripe lists those of everybody."""
        query = request.query
        rows = [
            (payment.id, row)
            for payment, row in await self.payments()
            if payment.customer == query["customer"]
            and payment.created >= int(query["created[gte]"])
        ]
        after = query.get("starting_after")
        begin = [name for name, _ in rows].index(after) + 1 if after else 0
        end = begin + int(query["limit"])
        page = {
            "object": "list",
            "url": INTENTS,
            "has_more": end < len(rows),
            "data": [row for _, row in rows[begin:end]],
        }
        return web.Response(body=msgspec.json.encode(page), content_type="application/json")

    async def make_page(self, request: web.Request) -> web.Response:
        """A page of Checkout, which localstripe has not; it tells what it was asked for."""
        url = f"https://checkout.example/?{(await request.read()).decode()}"
        return web.json_response({"object": "checkout.session", "id": "cs_1", "url": url})
