"""An endpoint gets no more than its throttle allows, however many processes send to it."""

import asyncio
import time

from prepaid.domain.instants import SECOND, Instant
from prepaid.flows.deliveries.delivery import Deliverer, deliver_all
from prepaid.store.deliveries import delivery as deliveries
from prepaid.store.deliveries.delivery import Claimed
from prepaid.store.vault import Connection
from tests.deliveries.office import Office, Scripted, opened_office

RATE = 20
MESSAGES = 12


async def claimed(office: Office, room: int, claim_id: bytes) -> list[Claimed]:
    """What a worker with so much room takes at this moment."""
    now = office.hand.now

    def work(connection: Connection) -> list[Claimed]:
        return deliveries.claim(
            connection,
            now,
            now + 60 * SECOND,
            claim_id=claim_id,
            busy=(),
            endpoints_max=50,
            room=lambda _: room,
        )

    return await office.desk.vault.write(work)


async def throttled(office: Office, rate: int, messages: int) -> None:
    ada = await office.account()
    await office.endpoint(ada, rate=rate)
    for _ in range(messages):
        await office.emit(ada)


async def test_two_workers_together_take_the_time_that_one_may(database_url: str) -> None:
    """Twelve messages at twenty a second take eleven waits, whoever sends them."""
    one, two = Scripted(), Scripted()
    async with opened_office(database_url, one, real=True) as office:
        await throttled(office, RATE, MESSAGES)
        other = Deliverer(office.desk, two)
        begun = time.monotonic()
        await asyncio.gather(deliver_all(office.deliverer), deliver_all(other))
        spent = time.monotonic() - begun

    assert len(one.sent) + len(two.sent) == MESSAGES
    assert set((one.ids + two.ids).values()) == {1}
    assert spent >= (MESSAGES - 1) / RATE


async def test_every_request_has_a_time_of_its_own_over_all_workers(database_url: str) -> None:
    """The times are given in the claim's transaction, so no two workers give the same one."""
    async with opened_office(database_url, Scripted()) as office:
        await throttled(office, 4, 20)
        taken = [one for n in range(3) for one in await claimed(office, 2, b"claim %d" % n)]
        times: list[Instant] = [one.begins_at - office.hand.now for one in taken]

    gap = SECOND // 4
    assert times == [place * gap for place in range(6)]


async def test_nobody_claims_far_ahead_of_the_time_that_is_left(database_url: str) -> None:
    """What is claimed and not sent yet would be lost for a lease's time by a crash."""
    async with opened_office(database_url, Scripted()) as office:
        await throttled(office, 1, 5)
        first = await claimed(office, 2, b"one")
        too_early = await claimed(office, 2, b"two")
        office.hand.now += SECOND
        later = await claimed(office, 2, b"three")

    assert [len(some) for some in (first, too_early, later)] == [2, 0, 2]
    assert [one.begins_at for one in later] == [
        first[-1].begins_at + SECOND,
        first[-1].begins_at + 2 * SECOND,
    ]


async def test_a_throttled_endpoint_holds_up_no_other(migrated_sqlite_url: str) -> None:
    sender = Scripted()
    async with opened_office(migrated_sqlite_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada, "https://slow.example", rate=1)
        await office.endpoint(ada, "https://quick.example")
        for _ in range(30):
            await office.emit(ada)
        async with asyncio.timeout(30):
            while [url for url, _, _ in sender.sent].count("https://quick.example") < 30:
                await office.deliverer.turn()
                await asyncio.sleep(0)
        slow = [url for url, _, _ in sender.sent].count("https://slow.example")
        for task in office.deliverer._tasks:
            task.cancel()

    assert slow < 30


async def test_without_a_throttle_nothing_waits(migrated_sqlite_url: str) -> None:
    async with opened_office(migrated_sqlite_url, Scripted()) as office:
        ada = await office.account()
        await office.endpoint(ada)
        for _ in range(4):
            await office.emit(ada)
        taken = await claimed(office, 4, b"claim")

    assert {one.begins_at for one in taken} == {office.hand.now}
