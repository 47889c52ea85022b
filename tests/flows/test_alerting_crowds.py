"""Two processes on PostgreSQL and 64 clients: as many notifications as there were crossings."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Protocol

import httpx
import pytest

from prepaid.domain import ids
from prepaid.domain.commands import Configure, Credit, Release, Reserve
from prepaid.domain.ids import DEFAULT, AccountId
from prepaid.domain.notifications import Notification
from prepaid.domain.refusals import Refusal
from prepaid.flows import alerting
from prepaid.store.vault import Vault, open_database
from tests.faults import clients
from tests.flows import alerting_crowd as crowd
from tests.flows.alerting_crowd import CLIENTS, SHARE, START, Told
from tests.kit import server
from tests.kit.door import OPERATOR
from tests.kit.shop import Shop, opened

MOST = 100_000


@pytest.fixture
async def shop(migrated_postgres_url: str) -> AsyncIterator[Shop]:
    async with opened(migrated_postgres_url) as made:
        yield made


@pytest.fixture
async def other(migrated_postgres_url: str) -> AsyncIterator[Vault]:
    """Another process's worth of writers on the same database."""
    vault = Vault(open_database(migrated_postgres_url))
    vault.start()
    yield vault
    await vault.stop()


class Client(Protocol):
    """One of the crowd; it remembers what it was answered."""

    async def take(self, number: int, turn: int) -> None:
        """Ask for a charge."""

    async def give_back(self) -> None:
        """Undo what it took in this turn, if it was let."""


class Insider:
    """Asks a writer."""

    def __init__(self, vault: Vault, account: AccountId, told: list[Told]) -> None:
        self._vault = vault
        self._account = account
        self._told = told
        self._took: Reserve | None = None
        self._charge = 0

    async def take(self, number: int, turn: int) -> None:
        """Every seventh holds; a third of all charge no workspace."""
        workspace = "default" if number % 3 else None
        settle = (number + turn) % 7 > 0
        command = Reserve(
            account=self._account, workspace=workspace, sku="x", credits=SHARE, settle=settle
        )
        self._took = None
        try:
            done = await self._vault.submit(command)
        except Refusal as refusal:
            if refusal.code != "insufficient_funds":
                raise
            return
        self._took, self._charge = command, done.seq
        self._told.append(Told(done.seq, "spend", SHARE, done.balance, scope(command)))

    async def give_back(self) -> None:
        """Release what was held, refill what was spent."""
        took = self._took
        if took is None:
            return
        if took.settle:
            await self.grant(SHARE)
            return
        done = await self._vault.submit(Release(account=self._account, charge=self._charge))
        self._told.append(Told(done.seq, "release", SHARE, done.balance, scope(took)))

    async def grant(self, micros: int) -> None:
        command = Credit(account=self._account, amount=micros, reason="a refill")
        done = await self._vault.submit(command)
        self._told.append(Told(done.seq, "grant", micros, done.balance))


def scope(command: Reserve) -> int:
    return 0 if command.workspace is None else DEFAULT


async def live(visitors: list[Client], turns: int) -> None:
    """All of them take at once, then all give back; so the balance goes through every tier."""
    for turn in range(turns):
        await asyncio.gather(*(who.take(n, turn) for n, who in enumerate(visitors)))
        await asyncio.gather(*(who.give_back() for who in visitors))


async def configured(shop: Shop, told: list[Told]) -> AccountId:
    ada = await shop.account(credits=0)
    done = await shop.do(Configure(account=ada, changes=crowd.CHANGES))
    told.append(Told(done.seq, "configure", 0, 0))
    return ada


async def sent(shop: Shop, account: AccountId) -> list[Notification]:
    recorded = await alerting.recent(shop.desk, account, limit=MOST)
    return [one.notification for one in reversed(recorded)]


def check(fired: list[Notification], told: list[Told], crossings: int) -> None:
    """The notifications are the crossings, one by one, and each has a key of its own."""
    assert [crowd.facts(one) for one in fired] == crowd.recounted(told)
    kinds = Counter(one.kind for one in fired)
    assert kinds["high_usage"] == 3
    assert kinds["low_balance"] >= crossings
    assert len({one.dedup_key for one in fired}) == len(fired)


async def test_every_crossing_rings_once_whoever_evaluates(shop: Shop, other: Vault) -> None:
    told: list[Told] = []
    ada = await configured(shop, told)
    vaults = (shop.desk.vault, other)
    insiders = [Insider(vaults[n % 2], ada, told) for n in range(CLIENTS)]
    await insiders[0].grant(START)
    await live(list(insiders), turns=40)

    check(await sent(shop, ada), told, crossings=300)
    batches = [vault.writers[0].batches for vault in vaults]
    assert min(batches) >= 20, "both processes took their part"


class Caller:
    """Asks over HTTP."""

    def __init__(self, http: httpx.AsyncClient, account: AccountId, told: list[Told]) -> None:
        self._http = http
        self._account = account
        self._told = told
        self._took = False

    async def take(self, number: int, turn: int) -> None:
        """Every third charges no workspace."""
        workspace = "default" if number % 3 else None
        fields: dict[str, Any] = {"credits": SHARE / 1_000_000, "workspace": workspace}
        answer = await clients.charge(self._http, self._account, **fields)
        self._took = answer.status_code == 201
        body = answer.json()
        if not self._took:
            assert body["error"]["code"] == "insufficient_funds"
            return
        place = DEFAULT if workspace else 0
        balance = body["balanceCents"] * 10_000
        self._told.append(Told(body["seq"], "spend", SHARE, balance, place))

    async def give_back(self) -> None:
        """Refill what was spent."""
        if self._took:
            await self.grant(SHARE)

    async def grant(self, micros: int) -> None:
        path = f"/v2/operator/accounts/{ids.account(self._account)}/credits"
        asked = {"cents": micros // 10_000, "reason": "a refill"}
        answer = await self._http.post(path, json=asked)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        place = ids.parse_owned("ent", body["id"])
        assert place is not None
        balance = body["balanceCents"] * 10_000
        self._told.append(Told(place.number, "grant", micros, balance))


async def test_a_service_of_two_processes_rings_once_per_crossing(
    migrated_postgres_url: str, shop: Shop
) -> None:
    """Over HTTP; which process answers is left to the system."""
    told: list[Told] = []
    ada = await configured(shop, told)
    with server.served(migrated_postgres_url, "--workers", "2") as service:
        # The port is open before the two processes have started, so the first answer takes long.
        async with httpx.AsyncClient(
            base_url=service.url,
            headers=OPERATOR,
            limits=httpx.Limits(max_connections=CLIENTS),
            timeout=60,
        ) as http:
            callers = [Caller(http, ada, told) for _ in range(CLIENTS)]
            await callers[0].grant(START)
            await live(list(callers), turns=6)
        assert service.stop() == 0

    check(await sent(shop, ada), told, crossings=45)
