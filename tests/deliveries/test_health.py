"""An endpoint that keeps failing: its owner is warned, then it is switched off, and told why."""

import pytest

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, HOUR, MINUTE, SECOND
from prepaid.flows.deliveries import endpoints
from prepaid.sandbox.mailbox import Mailbox
from tests.deliveries.office import FAIL, OK, Office, Reply, Scripted, opened_office

URL = "https://hooks.example/in?token=hidden"


def subjects(mailbox: Mailbox) -> list[str]:
    return [mail.subject for mail in reversed(mailbox.mails)]


async def failing(office: Office, ada: AccountId, days: int) -> None:
    """A message every twelve hours, and an hourly look at what is due."""
    for hour in range(days * 24):
        if hour % 12 == 0:
            await office.emit(ada)
        await office.later(HOUR)


async def test_five_days_without_success_switch_it_off_after_two_warnings(
    database_url: str,
) -> None:
    sender, mailbox = Scripted(always=FAIL), Mailbox()
    async with opened_office(database_url, sender, mailbox) as office:
        ada = await office.account("ops@example.com", "cto@example.com")
        end = await office.endpoint(ada, URL)
        await failing(office, ada, 4)
        before = await office.get(ada, end)
        warnings = subjects(mailbox)
        await failing(office, ada, 2)
        row = await office.get(ada, end)
        sent = len(sender.sent)
        await failing(office, ada, 1)

    assert not before.disabled
    assert warnings == ["Webhook endpoint failing: hooks.example"] * 4  # two times, two admins
    assert (row.disabled, row.disabled_reason) == (True, "failing")
    assert subjects(mailbox)[4:] == ["Webhook endpoint disabled: hooks.example"] * 2
    assert all("hidden" not in mail.text + mail.html for mail in mailbox.mails)
    assert len(sender.sent) == sent, "a disabled endpoint gets nothing"


async def test_a_success_begins_anew(migrated_sqlite_url: str) -> None:
    sender, mailbox = Scripted(always=FAIL), Mailbox()
    async with opened_office(migrated_sqlite_url, sender, mailbox) as office:
        ada = await office.account("ops@example.com")
        end = await office.endpoint(ada, URL)
        await failing(office, ada, 4)
        sender.always = OK
        await office.emit(ada)
        await office.work()
        healthy = await office.get(ada, end)
        sender.always = FAIL
        await failing(office, ada, 4)
        row = await office.get(ada, end)

    assert healthy.failing_since is None
    assert not row.disabled
    assert len(mailbox.mails) == 4  # a day and three days, twice


async def test_an_idle_endpoint_is_never_failing(migrated_sqlite_url: str) -> None:
    """One lost message and months of silence are no reason."""
    sender = Scripted(always=FAIL)
    async with opened_office(migrated_sqlite_url, sender) as office:
        ada = await office.account()
        end = await office.endpoint(ada, URL)
        await office.emit(ada)
        for _ in range(4 * 24):
            await office.later(HOUR)
        await office.later(90 * DAY)
        sender.always = OK
        await office.emit(ada)
        await office.work()
        row = await office.get(ada, end)

    assert not row.disabled


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Reply(410, "client_error"), Reply(410, "client_error")], "gone"),
        ([Reply(500, "server_error", directive="disable")], "asked"),
        ([Reply(200, directive="disable")], "asked"),
    ],
)
async def test_a_receiver_may_end_it(database_url: str, answers: list[Reply], reason: str) -> None:
    sender, mailbox = Scripted(list(answers), always=FAIL), Mailbox()
    async with opened_office(database_url, sender, mailbox) as office:
        ada = await office.account("ops@example.com")
        end = await office.endpoint(ada, URL)
        await office.emit(ada)
        await office.work()
        await office.later(6 * SECOND)
        row = await office.get(ada, end)
        await office.emit(ada)
        await office.later(DAY)
        await endpoints.change(office.desk, ada, end, {"disabled": False}, None)
        enabled = await office.get(ada, end)

    assert (row.disabled, row.disabled_reason) == (True, reason)
    assert len(sender.sent) == len(answers)
    assert subjects(mailbox) == ["Webhook endpoint disabled: hooks.example"]
    assert (enabled.disabled, enabled.disabled_reason, enabled.failing_since) == (False, None, None)


async def test_a_410_and_a_success_and_a_410_are_not_twice(migrated_sqlite_url: str) -> None:
    gone = Reply(410, "client_error")
    async with opened_office(migrated_sqlite_url, Scripted([gone, OK, gone])) as office:
        ada = await office.account()
        end = await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        await office.later(6 * SECOND)
        await office.emit(ada)
        await office.work()
        row = await office.get(ada, end)

    assert not row.disabled


async def test_a_receiver_may_drop_one_message(migrated_sqlite_url: str) -> None:
    """And only that one: the endpoint stays, and it counts as no exhausted message."""
    sender = Scripted([Reply(500, "server_error", directive="abort-message")])
    async with opened_office(migrated_sqlite_url, sender) as office:
        ada = await office.account()
        end = await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        await office.later(10 * DAY)
        await office.emit(ada)
        await office.work()
        row = await office.get(ada, end)
        state = await office.rows("SELECT message, status FROM delivery ORDER BY message")

    assert len(sender.sent) == 2
    assert not row.disabled
    assert state == [(1, "failed"), (2, "sent")]


async def test_no_mail_is_sent_twice_about_one_thing(migrated_sqlite_url: str) -> None:
    sender, mailbox = Scripted(always=FAIL), Mailbox()
    async with opened_office(migrated_sqlite_url, sender, mailbox) as office:
        ada = await office.account("ops@example.com")
        await office.endpoint(ada, URL)
        for _ in range(20):
            await office.emit(ada)
        await office.work()
        for _ in range(36 * 6):  # the seventh retry comes after 31 hours
            await office.later(10 * MINUTE)

    assert len(mailbox.mails) == 1
