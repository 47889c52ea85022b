"""The post room on a real database: its senders are handed in, its clock may be held."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.post_rooms import letter_room
from prepaid.adapters.seals import Seals
from prepaid.adapters.webhooks import WebhookSender
from prepaid.domain.deliveries import signatures
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant, Span
from prepaid.flows import accounts
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.delivery import Deliverer, deliver_all
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.flows.deliveries.mails import Mailer, Postman
from prepaid.flows.deliveries.results import Sender
from prepaid.flows.desk import Desk
from prepaid.sandbox.mailbox import Mailbox
from prepaid.store.deliveries import attempts, messages
from prepaid.store.deliveries.attempts import Wanted
from prepaid.store.deliveries.endpoints import EndpointRow
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.store.vault import Connection, open_database
from tests.kit.shop import SECRET_KEY, Shop
from tests.simulation.clocked import Hand, vault

START: Instant = 1_775_000_000_000_000
LOOPBACK = AddressRule(["127.0.0.1"])
PUBLIC_URL = "https://prepaid.example"


@dataclass(frozen=True)
class Reply:
    """An answer as a receiver may give it."""

    status: int | None = 200
    failure: str | None = None
    duration_ms: int = 5
    excerpt: str = "ok"
    address: str | None = "192.0.2.1"
    retry_after: str | None = None
    directive: str | None = None
    request_headers: str = "Host: example.com\r\n"
    response_headers: str = "Content-Length: 2"


OK = Reply()
FAIL = Reply(503, "server_error")


@dataclass
class Scripted:
    """A sender that answers by a script, and remembers what it was asked to send."""

    answers: list[Reply] = field(default_factory=list)
    always: Reply = OK
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], own: Mapping[str, str]
    ) -> Reply:
        self.sent.append((url, body, {**headers, **own}))
        return self.answers.pop(0) if self.answers else self.always

    @property
    def ids(self) -> Counter[str]:
        return Counter(headers["webhook-id"] for _, _, headers in self.sent)


@dataclass
class Office:
    """A desk with a hand on its clock, and both senders."""

    shop: Shop
    hand: Hand
    deliverer: Deliverer
    postman: Postman

    @property
    def desk(self) -> Desk:
        return self.shop.desk

    async def account(self, *admins: str) -> AccountId:
        row = await accounts.create(
            self.desk, name="Ada", admins=admins, currency="EUR", sandbox=True, floor=None
        )
        await self.shop.grant(row.id, 10)
        return row.id

    async def endpoint(
        self,
        account: AccountId,
        url: str = "https://example.com/hooks",
        *,
        key: bytes | None = None,
        event_types: tuple[str, ...] | None = None,
        rate: int | None = None,
    ) -> int:
        wish = Wish(url, "", event_types, disabled=False, headers={}, throttle_rate=rate, key=key)
        return (await endpoints.create(self.desk, account, wish)).row.number

    async def emit(
        self, account: AccountId, body: bytes = b"{}", event_type: str = "company.updated"
    ) -> int:
        def work(connection: Connection) -> int:
            return messages.add(connection, account, event_type, body, at=self.hand.now)

        return await self.desk.vault.write(work)

    async def work(self) -> None:
        """Send everything that is due now."""
        await deliver_all(self.deliverer)
        await mail_all(self.postman)

    async def later(self, span: Span) -> None:
        """Let time pass, then send what has become due."""
        self.hand.now += span
        await self.work()

    async def get(self, account: AccountId, number: int) -> EndpointRow:
        return (await endpoints.get(self.desk, account, number)).row

    async def attempts(self, account: AccountId, endpoint: int = 1) -> list[AttemptRow]:
        """Oldest first."""
        wanted = Wanted(endpoint=endpoint)
        page = await self.desk.vault.read(lambda c: attempts.page(c, account, wanted, 1000))
        return [row for row, _ in reversed(page.rows)]

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        return await self.desk.vault.read(
            lambda c: [tuple(row) for row in c.exec_driver_sql(query)]
        )


async def mail_all(postman: Postman) -> None:
    """Send the mail that is due."""
    while await postman.turn() or postman.in_flight:
        while postman.in_flight:  # noqa: ASYNC110 - its tasks are its own
            await asyncio.sleep(0)


@asynccontextmanager
async def opened_office(
    url: str, sender: Sender | None = None, mailer: Mailer | None = None, *, real: bool = False
) -> AsyncIterator[Office]:
    """The office; without a sender it posts for real, to this machine only."""
    hand = RealHand() if real else Hand(START)
    desk = Desk(
        vault(open_database(url), hand),
        lambda: hand.now,
        secrets.token_bytes,
        seals=Seals(SECRET_KEY),
        allows_http=True,
    )
    desk.vault.start()
    web = WebhookSender(LOOPBACK, allow_http=True, total_s=3, connect_s=1)
    postman = Postman(desk, mailer or Mailbox(), letter_room("a@prepaid.example", PUBLIC_URL))
    office = Office(Shop(desk), hand, Deliverer(desk, sender or web), postman)
    try:
        yield office
    finally:
        await office.deliverer.stop()
        await office.postman.stop()
        await web.close()
        await desk.vault.stop()


class RealHand(Hand):
    """No hand: the real time."""

    def __init__(self) -> None:
        """Nothing is held."""

    @property
    def now(self) -> Instant:  # type: ignore[override]
        return time.time_ns() // 1000


def secret(key: bytes) -> str:
    """As a receiver is told it."""
    return signatures.secret_text(key)
