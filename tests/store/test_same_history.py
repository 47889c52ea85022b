"""One history, by the same account at the same times, leaves the same entries everywhere."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings

from prepaid.domain.commands import Command, Credit
from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts, prices, workspaces
from prepaid.flows.desk import Desk
from prepaid.store.prices import Price
from prepaid.store.vault import open_database
from tests.simulation.clocked import Hand, vault
from tests.store.recount import Account, recount
from tests.unit.shelf import PRICES, START, Batch, Result, Shelf, histories

GRANT = 20_000_000
LIST = [Price(sku, micros) for sku, micros in PRICES.items()]


class Place:
    """A real database, whose time is in our hand."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        self._run = runner.run
        self._hand = Hand(START)
        self._next = START  # an account's id is made of random bytes, which are these
        self._desk = self._run(self._open(url))
        self._run(prices.replace_list(self._desk, LIST))

    async def _open(self, url: str) -> Desk:
        opened = vault(open_database(url), self._hand)
        opened.start()
        return Desk(opened, lambda: self._hand.now, self._token)

    def _token(self, size: int) -> bytes:
        return self._next.to_bytes(size)

    def account(self, account: int) -> None:
        """With this id, and the workspaces of a shelf."""
        self._next = account - 1
        self._hand.now = START
        self._run(
            accounts.create(
                self._desk, name="Default", admins=(), currency="EUR", sandbox=False, floor=None
            )
        )
        self._run(workspaces.create(self._desk, account, "acme", "Acme"))

    def apply(self, now: int, commands: Sequence[Command]) -> list[object]:
        """One batch at this time."""
        self._hand.now = now

        async def work() -> list[object]:
            asked = (self._desk.vault.submit(command) for command in commands)
            return list(await asyncio.gather(*asked, return_exceptions=True))

        return [shown(result) for result in self._run(work())]

    def recount(self, account: int) -> Account:
        return self._run(recount(self._desk.vault, account))

    def close(self) -> None:
        self._run(self._desk.vault.stop())


@pytest.fixture
def places(migrated_sqlite_url: str, migrated_postgres_url: str) -> Iterator[list[Place]]:
    with asyncio.Runner() as runner:
        made = [Place(runner, url) for url in (migrated_sqlite_url, migrated_postgres_url)]
        yield made
        for place in made:
            place.close()


@pytest.fixture(scope="module")
def ids() -> Iterator[int]:
    return count(1)


def shown(result: object) -> object:
    """An outcome as it is, a refusal by what it says."""
    return (result.code, result.message) if isinstance(result, Refusal) else result


@pytest.mark.timeout(600)  # to find the shortest history that differs
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_both_databases_keep_what_the_rule_book_says_hash_for_hash(
    places: list[Place], ids: Iterator[int], history: Sequence[Batch]
) -> None:
    """Nothing is decided, rounded or reordered on the way into a table and back."""
    shelf, now = Shelf(next(ids)), START + 1
    account = shelf.account.id
    for place in places:
        place.account(account)
    batches: list[tuple[int, list[Command]]] = [
        (now, [Credit(account=account, amount=GRANT, reason="a grant")])
    ]
    told: list[list[Result]] = [shelf.apply(*batches[0])]
    for batch in history:
        now += batch.gap
        batches.append((now, shelf.concrete(batch, now)))
        told.append(shelf.apply(*batches[-1]))

    for place in places:
        answers = [place.apply(*batch) for batch in batches]
        assert answers == [[shown(result) for result in results] for results in told]
        kept = place.recount(account)
        assert kept.entries == shelf.entries
        assert kept.charges == shelf.charges
        assert kept.balance == shelf.account.balance
