"""Messages reach their endpoints: which, when, how often, and what is kept of it."""

from itertools import pairwise

import pytest

from prepaid.domain import ids
from prepaid.domain.commands import Configure, Reserve
from prepaid.domain.deliveries import retries
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND
from prepaid.domain.refusals import Refusal
from prepaid.flows.deliveries import endpoints, outbox, replays
from tests.deliveries.office import FAIL, OK, START, Reply, Scripted, opened_office

NEVER = 100 * DAY


async def test_a_message_goes_to_the_endpoints_that_want_its_type(database_url: str) -> None:
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada, "https://all.example")
        await office.endpoint(ada, "https://one.example", event_types=("company.updated",))
        other = "billing.low_balance.triggered"
        await office.endpoint(ada, "https://other.example", event_types=(other,))
        bob = await office.account()
        await office.endpoint(bob, "https://bob.example")
        number = await office.emit(ada, '{"é":"✓"}'.encode())
        await office.work()

    assert sorted(url for url, _, _ in sender.sent) == [
        "https://all.example",
        "https://one.example",
    ]
    assert {body for _, body, _ in sender.sent} == {'{"é":"✓"}'.encode()}
    assert set(sender.ids) == {ids.owned("msg", ada, number)}


async def test_nothing_is_sent_twice(database_url: str) -> None:
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        for _ in range(3):
            await office.endpoint(ada)
        for _ in range(150):
            await office.emit(ada)
        await office.work()
        await office.later(NEVER)

    assert len(sender.sent) == 450
    assert set(sender.ids.values()) == {3}


async def test_the_whole_schedule_with_one_id(database_url: str) -> None:
    """Ten attempts within 72 hours of creation, waits within a tenth of the schedule."""
    sender = Scripted(always=FAIL)
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        for _ in range(80 * 60):
            await office.later(MINUTE)
            if len(sender.sent) == 2:
                break
        for _ in range(80 * 4):
            await office.later(15 * MINUTE)
        rows = await office.attempts(ada)
        state = (await outbox.get(office.desk, ada, 1)).deliveries[0]

    assert [row.number for row in rows] == list(range(1, 11))
    assert len(sender.ids) == 1
    waits = [after.at - before.at for before, after in pairwise(rows)]
    for wait, planned in zip(waits[2:7], retries.WEBHOOKS.delays[3:8], strict=True):
        assert planned * 0.9 <= wait <= planned * 1.1 + 15 * MINUTE
    assert rows[-1].at - START <= 72 * HOUR + 15 * MINUTE
    assert (state.status, state.attempts, state.next_at) == ("failed", 10, None)


async def test_the_first_retry_comes_after_five_seconds(database_url: str) -> None:
    sender = Scripted([FAIL])
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        await office.later(4 * SECOND)
        early = len(sender.sent)
        await office.later(2 * SECOND)
        rows = await office.attempts(ada)

    assert early == 1
    assert [row.failure for row in rows] == ["server_error", None]


@pytest.mark.parametrize(
    ("header", "waits"),
    [("120", 120 * SECOND), ("Wed, 01 Apr 2026 00:33:20 GMT", 2000 * SECOND), ("soon", 0)],
)
async def test_a_receiver_may_ask_for_a_longer_wait(
    migrated_sqlite_url: str, header: str, waits: int
) -> None:
    """In seconds or as a date; nonsense changes nothing."""
    sender = Scripted([Reply(503, "server_error", retry_after=header)])
    async with opened_office(migrated_sqlite_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        state = (await outbox.get(office.desk, ada, 1)).deliveries[0]

    assert state.next_at is not None
    wait = state.next_at - START
    if waits:
        assert abs(wait - _until(header, waits)) < SECOND
    else:
        assert 4.5 * SECOND <= wait <= 5.5 * SECOND


def _until(header: str, waits: int) -> int:
    return waits if header.isdigit() else retries.retry_after(header, START)


async def test_the_first_success_sets_the_flag(database_url: str) -> None:
    """`webhookSent` and `emailSent` of a notification, each by its own channel."""
    sender = Scripted([FAIL])
    async with opened_office(database_url, sender) as office:
        ada = await office.account("ops@example.com")
        await office.endpoint(ada)
        await office.shop.do(Configure(account=ada, changes={"low_balance_enabled": True}))
        await office.shop.do(Reserve(account=ada, sku="x", credits=1_000_000))
        before = await office.rows("SELECT email_sent, webhook_sent FROM notification")
        await office.work()
        between = await office.rows("SELECT email_sent, webhook_sent FROM notification")
        await office.later(MINUTE)
        after = await office.rows("SELECT email_sent, webhook_sent FROM notification")

    assert [tuple(map(bool, row)) for row in (*before, *between, *after)] == [
        (False, False),
        (True, False),
        (True, True),
    ]


async def test_a_message_while_disabled_is_kept_and_can_be_recovered(database_url: str) -> None:
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        end = await office.endpoint(ada)
        await endpoints.change(office.desk, ada, end, {"disabled": True}, None)
        for _ in range(3):
            await office.emit(ada)
        await office.work()
        missed = list(sender.sent)
        with pytest.raises(Refusal, match="disabled"):
            await replays.recover(office.desk, ada, end, 0)
        await endpoints.change(office.desk, ada, end, {"disabled": False}, None)
        found = await replays.recover(office.desk, ada, end, START)
        await office.work()
        again = await replays.recover(office.desk, ada, end, START)
        await office.work()

    assert missed == []
    assert (found, again) == ((3, False), (0, False))
    assert len(sender.sent) == 3


async def test_what_waits_for_an_endpoint_ends_when_it_is_disabled(database_url: str) -> None:
    sender = Scripted(always=FAIL)
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        end = await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        await endpoints.change(office.desk, ada, end, {"disabled": True}, None)
        await office.later(NEVER)
        state = (await outbox.get(office.desk, ada, 1)).deliveries[0]
        await endpoints.change(office.desk, ada, end, {"disabled": False}, None)
        sender.always = OK
        await outbox.resend(office.desk, ada, 1, end)
        await office.work()
        done = (await outbox.get(office.desk, ada, 1)).deliveries[0]

    assert state.status == "failed"
    assert (done.status, done.attempts) == ("sent", 2)
    assert len(sender.sent) == 2


async def test_a_deleted_endpoint_gets_nothing(database_url: str) -> None:
    sender = Scripted([FAIL])
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        end = await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        await endpoints.remove(office.desk, ada, end)
        await office.emit(ada)
        await office.later(NEVER)
        with pytest.raises(Refusal, match="does not exist"):
            await office.get(ada, end)
        kept = await office.rows("SELECT count(*) FROM endpoint_secret")

    assert len(sender.sent) == 1
    assert kept == [(0,)]


async def test_an_example_goes_to_one_endpoint_alone(database_url: str) -> None:
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        await office.endpoint(ada, "https://one.example")
        two = await office.endpoint(ada, "https://two.example", event_types=("company.updated",))
        await replays.send_example(office.desk, ada, two, "billing.low_balance.triggered")
        await office.work()
        found = await replays.recover(office.desk, ada, 1, 0)

    assert [url for url, _, _ in sender.sent] == ["https://two.example"]
    assert found == (0, False)
