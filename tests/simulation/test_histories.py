"""The second mind: random histories through the real service and through the model."""

import asyncio
import os
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from prepaid.flows import accounts
from prepaid.flows.desk import Desk
from prepaid.store.vault import open_database
from tests.simulation import histories as h
from tests.simulation.clocked import Hand, vault
from tests.simulation.twin import START, Twin

EXAMPLES = int(os.environ.get("PREPAID_SIMULATE", "1050"))


class World:
    """A running service whose clock is in our hand, with a new account per history."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._hand = Hand(START)
        self._desk = self._runner.run(self._open(url))

    async def _open(self, url: str) -> Desk:
        opened = vault(open_database(url), self._hand)
        opened.start()
        return Desk(opened, lambda: self._hand.now, secrets.token_bytes)

    def live(self, history: list[h.Step]) -> None:
        self._hand.now = START
        try:
            self._runner.run(self._live(history))
        except Exception as error:
            error.add_note("history:\n  " + "\n  ".join(map(repr, history)))
            raise

    async def _live(self, history: list[h.Step]) -> None:
        row = await accounts.create(
            self._desk, name="Ada", admins=(), currency="EUR", sandbox=False, floor=None
        )
        await Twin(self._desk, self._hand, row.id).live(history)

    def close(self) -> None:
        self._runner.run(self._desk.vault.stop())
        self._runner.close()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.close()


lived = settings(
    max_examples=max(1, EXAMPLES // 2),  # of each of the two tests
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.timeout(3_600)
@lived
@given(history=h.histories)
def test_the_service_and_the_model_tell_the_same_story(world: World, history: list[h.Step]) -> None:
    """Answers, entries, usage, notifications and tiers are those of a model with no windows."""
    world.live(history)


@pytest.mark.timeout(3_600)
@lived
@given(history=h.limited_histories)
def test_they_refuse_the_same_charges_by_spend_limits(world: World, history: list[h.Step]) -> None:
    """What was spent, when there is room again, and which refusal rings: each told twice."""
    world.live(history)
