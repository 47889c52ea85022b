"""Leases and fences: whoever works on a delivery, its result is kept once, and it is never lost."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from prepaid.adapters.seals import Seals
from prepaid.domain.instants import SECOND
from prepaid.flows.deliveries.delivery import Deliverer, deliver_all
from prepaid.flows.desk import Desk
from tests.deliveries.office import OK, Office, Reply, Scripted, opened_office


class Slow:
    """A sender whose requests hang until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.in_flight = 0
        self.most = 0
        self.sent = 0

    async def post(
        self, _url: str, _body: bytes, _headers: Mapping[str, str], _own: Mapping[str, str]
    ) -> Reply:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await self.go.wait()
        finally:
            self.in_flight -= 1
        self.sent += 1
        return OK


async def settle(deliverer: Deliverer) -> None:
    """Claim what can be claimed and let the requests begin."""
    for _ in range(5):
        await deliverer.turn()
        await asyncio.sleep(0)


async def test_a_lease_that_ends_is_taken_by_another_and_the_late_result_is_dropped(
    database_url: str,
) -> None:
    slow, sender = Slow(), Scripted()
    async with opened_office(database_url, slow) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await settle(office.deliverer)
        other = Deliverer(office.desk, sender)
        await deliver_all(other)
        held = len(sender.sent)
        office.hand.now += 61 * SECOND
        await deliver_all(other)
        taken = len(sender.sent)
        slow.go.set()
        await deliver_all(office.deliverer)
        rows = await office.attempts(ada)

    assert (held, taken) == (0, 1)
    assert len(rows) == 1, "the late result was fenced off"


async def test_a_late_result_changes_nothing_while_another_is_at_it(database_url: str) -> None:
    """Whose claim it is, its result counts: the first to answer is not the first to say so."""
    early, late = Slow(), Slow()
    async with opened_office(database_url, early) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await settle(office.deliverer)
        office.hand.now += 61 * SECOND
        other = Deliverer(office.desk, late)
        await settle(other)
        early.go.set()
        await deliver_all(office.deliverer)
        between = await office.attempts(ada)
        states = await office.rows("SELECT status, made, claim IS NULL FROM delivery")
        late.go.set()
        await deliver_all(other)
        after = await office.attempts(ada)

    assert between == []
    assert [tuple(row) for row in states] == [("waiting", 0, False)]
    assert len(after) == 1


async def test_two_workers_share_and_send_nothing_twice(database_url: str) -> None:
    one, two = Scripted(), Scripted()
    async with opened_office(database_url, one) as office:
        await ten_endpoints(office, messages=30)
        other = Deliverer(office.desk, two)
        await asyncio.gather(deliver_all(office.deliverer), deliver_all(other))

    assert len(one.sent) + len(two.sent) == 300
    assert set((one.ids + two.ids).values()) == {10}


async def ten_endpoints(office: Office, messages: int) -> None:
    ada = await office.account()
    for _ in range(10):
        await office.endpoint(ada)
    for _ in range(messages):
        await office.emit(ada)


async def test_at_most_four_in_flight_for_an_endpoint_and_a_hundred_in_all(
    migrated_sqlite_url: str,
) -> None:
    slow = Slow()
    async with opened_office(migrated_sqlite_url, slow) as office:
        ada = await office.account()
        await office.endpoint(ada)
        for _ in range(20):
            await office.emit(ada)
        await settle(office.deliverer)
        alone = slow.in_flight
        for _ in range(40):
            await office.endpoint(ada)
        for _ in range(10):
            await office.emit(ada)
        await settle(office.deliverer)
        together = slow.in_flight
        slow.go.set()
        await office.work()

    assert (alone, together) == (4, 100)
    assert slow.most <= 100
    assert slow.sent == 20 + 41 * 10


async def test_a_stop_finishes_what_is_in_flight(database_url: str) -> None:
    """And begins nothing new; what it did is recorded."""
    slow = Slow()
    async with opened_office(database_url, slow) as office:
        ada = await office.account()
        await office.endpoint(ada)
        for _ in range(8):
            await office.emit(ada)
        await settle(office.deliverer)
        asyncio.get_running_loop().call_later(0.05, slow.go.set)
        await office.deliverer.stop()
        rows = await office.attempts(ada)

    assert slow.sent == 4
    assert len(rows) == 4


async def test_on_a_file_of_its_own_a_new_process_need_not_wait_for_leases(
    migrated_sqlite_url: str,
) -> None:
    slow, sender = Slow(), Scripted()
    async with opened_office(migrated_sqlite_url, slow) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await settle(office.deliverer)
        for task in office.deliverer._tasks:
            task.cancel()
        again = Deliverer(office.desk, sender)
        await again.begin()
        await deliver_all(again)

    assert len(sender.sent) == 1


async def test_a_secret_that_cannot_be_opened_is_a_failure_that_is_kept(
    migrated_sqlite_url: str,
) -> None:
    """A lost secret key must not stop the others, nor look like the receiver's fault."""
    sender = Scripted()
    async with opened_office(migrated_sqlite_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        strange: Desk = replace(office.desk, seals=Seals("another key altogether, of 32 letters"))
        await deliver_all(Deliverer(strange, sender))
        rows = await office.attempts(ada)

    assert sender.sent == []
    assert [row.failure for row in rows] == ["secret"]
