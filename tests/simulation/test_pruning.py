"""Spend rows are deleted as soon as they may be, and nobody can tell: the second mind never does.

The model keeps every charge for ever. Beside it the service lives the same history, and after each
of its steps everything that may go is deleted; any window that missed a row would tell another
story from there on.
"""

import secrets
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, HOUR
from prepaid.flows import accounts
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk
from prepaid.store import pruning
from prepaid.store.pruning import Scope
from prepaid.store.vault import open_database
from tests.simulation import histories as h
from tests.simulation.clocked import Hand, vault
from tests.simulation.test_histories import EXAMPLES
from tests.simulation.twin import START, Twin

LONG = [h.Tick(days * DAY) for days in (1, 15, 30, 31, 32, 62)]


async def prune(desk: Desk, account: AccountId) -> int:
    """Delete all the spend of an account that may go; how many rows and hours that was."""
    before_first = (account, -1)
    scopes = await desk.vault.read(lambda c: pruning.scopes(c, before_first))
    gone = 0
    for scope in scopes:
        if scope.account != account:
            break
        while await desk.vault.read(partial(pruning.has_old_spend, scope=scope)):
            step = await _drop(desk, scope)
            assert step > 0, "what was seen to be old goes"
            gone += step
    return gone


async def _drop(desk: Desk, scope: Scope) -> int:
    return await locked(desk, scope.account, lambda c, _row: pruning.drop_spend(c, scope))


class Pruned(Twin):
    """A service that forgets at once what it may forget, beside a model that never does."""

    gone = 0

    async def _step(self, step: h.Step) -> None:
        await super()._step(step)
        self.gone += await prune(self._desk, self.account)


def with_long_pauses(history: list[h.Step], pauses: list[tuple[int, h.Tick]]) -> list[h.Step]:
    """A history in which weeks go by here and there."""
    told = list(history)
    for place, tick in pauses:
        told.insert(place % (len(told) + 1), tick)
    return told


pauses = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(LONG)), min_size=1, max_size=4)


@pytest.mark.timeout(3_600)
@settings(
    max_examples=max(EXAMPLES // 40, 1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=h.histories | h.limited_histories, pauses=pauses)
async def test_what_is_forgotten_is_never_missed(
    database_url: str, history: list[h.Step], pauses: list[tuple[int, h.Tick]]
) -> None:
    hand = Hand(START)
    opened = vault(open_database(database_url), hand)
    opened.start()
    desk = Desk(opened, lambda: hand.now, secrets.token_bytes)
    told = with_long_pauses(history, pauses)
    try:
        row = await accounts.create(
            desk, name="Ada", admins=(), currency="EUR", sandbox=False, floor=None
        )
        await Pruned(desk, hand, row.id).live(told)
    except Exception as error:
        error.add_note("history:\n  " + "\n  ".join(map(repr, told)))
        raise
    finally:
        await opened.stop()


async def test_rows_do_go_in_such_histories(database_url: str) -> None:
    """Or the test above would prove nothing."""
    hand = Hand(START)
    opened = vault(open_database(database_url), hand)
    opened.start()
    desk = Desk(opened, lambda: hand.now, secrets.token_bytes)
    try:
        row = await accounts.create(
            desk, name="Ada", admins=(), currency="EUR", sandbox=False, floor=None
        )
        twin = Pruned(desk, hand, row.id)
        buy = h.Batch((h.Charge("acme", 10, settle=True, ttl=HOUR, key=None),))
        await twin.live([buy, h.Tick(32 * DAY), buy, h.Tick(32 * DAY), buy])
    finally:
        await opened.stop()

    assert twin.gone >= 4
