"""What is kept for a time only, and how late the queue is."""

from prepaid.domain.instants import DAY, SECOND
from prepaid.flows.deliveries import outbox, retention
from prepaid.flows.deliveries.post_room import late
from tests.deliveries.office import FAIL, Scripted, opened_office


async def test_what_is_old_is_pruned_in_steps_and_notifications_stay(database_url: str) -> None:
    async with opened_office(database_url, Scripted([FAIL])) as office:
        ada = await office.account("ops@example.com")
        await office.endpoint(ada)
        for _ in range(450):
            await office.emit(ada)
        await office.work()
        office.hand.now += 31 * DAY
        young = await office.emit(ada)
        await office.work()
        steps = []
        while done := await retention.prune(office.desk, 30):
            steps.append(done)
        left = [
            (await office.rows(f"SELECT count(*) FROM {table}"))[0][0]
            for table in ("message", "delivery", "attempt")
        ]
        kept = await outbox.get(office.desk, ada, young)

    assert steps == [200, 200, 50]
    assert left == [1, 1, 1]
    assert kept.deliveries[0].status == "sent"


async def test_lateness_is_seen(database_url: str) -> None:
    async with opened_office(database_url, Scripted()) as office:
        ada = await office.account()
        await office.endpoint(ada)
        fresh = await late(office.desk, has_mail=True)
        await office.emit(ada)
        office.hand.now += 61 * SECOND
        waited = await late(office.desk, has_mail=True)
        await office.work()
        done = await late(office.desk, has_mail=True)

    assert (fresh, waited, done) == (0, 61, 0)
