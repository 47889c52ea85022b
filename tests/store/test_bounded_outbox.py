"""Lists and counts of webhooks and notifications have a bounded cost, however long the history.

Each is walked with steps so short that every one of them ends in the middle of something.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import HOUR, SECOND, Instant
from prepaid.flows.deliveries import outbox as outbox_flow
from prepaid.flows.deliveries import replays
from prepaid.store import notifications
from prepaid.store import tables as t
from prepaid.store.deliveries import attempts, message_times, messages, outbox
from prepaid.store.deliveries import counts as delivery_counts
from prepaid.store.deliveries import replays as stored
from prepaid.store.deliveries.queue import AttemptRow
from tests.deliveries.office import START, Office, Scripted, opened_office
from tests.kit.plans import plans_of

COUNT = 60
STEP = 7
TYPES = ("company.updated", "billing.statement.ready")


def at(number: int) -> Instant:
    """Of a message and its attempt; ten share a time."""
    return START + number // 10 * 10 * SECOND


async def history(office: Office) -> AccountId:
    """Sixty messages to endpoint 1: each fifth failed, each seventh of another type."""
    ada = await office.account()
    await office.endpoint(ada)

    def work(connection: Connection) -> None:
        for number in range(1, COUNT + 1):
            name = TYPES[number % 7 == 0]
            messages.add(connection, ada, name, b"{}", at=at(number))
        rows = [_attempt(ada, number)._asdict() for number in range(1, COUNT + 1)]
        connection.execute(insert(t.attempt), rows)
        d = t.delivery.c
        for number in range(1, COUNT + 1):
            status = "failed" if number % 5 == 0 else "sent"
            change = update(t.delivery).where(d.account_id == ada, d.message == number)
            connection.execute(change.values(status=status, due_at=None))

    await office.desk.vault.write(work)
    return ada


def _attempt(account: AccountId, number: int) -> AttemptRow:
    failure, status = ("server_error", 503) if number % 5 == 0 else (None, 200 + number % 2)
    return AttemptRow(
        account, 1, number, 1, at(number), failure, status, 5, "ok", None, None, None, None
    )


WANTED: dict[str, tuple[dict[str, Any], Callable[[int], bool]]] = {
    "all": ({}, lambda _: True),
    "failed": ({"failed": True}, lambda n: n % 5 == 0),
    "sent": ({"failed": False}, lambda n: n % 5 != 0),
    "by status": ({"status_low": 500, "status_high": 599}, lambda n: n % 5 == 0),
    "none": ({"status_low": 400, "status_high": 499}, lambda _: False),
    "by type": ({"event_types": (TYPES[1],)}, lambda n: n % 7 == 0),
    "both": ({"failed": True, "event_types": (TYPES[1],)}, lambda n: n % 35 == 0),
    "between": (
        {"after": at(20), "before": at(40), "event_types": (TYPES[1],)},
        lambda n: 20 <= n < 40 and n % 7 == 0,
    ),
}


@pytest.mark.parametrize("name", WANTED)
async def test_attempts_come_all_and_once_by_short_steps(
    database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A page that ends early says where it goes on; none is left out and none comes twice."""
    monkeypatch.setattr(attempts, "SCANNED_MAX", STEP)
    said, is_wanted = WANTED[name]
    found: list[int] = []
    pages = 0
    async with opened_office(database_url, Scripted()) as office:
        ada = await history(office)
        wanted = attempts.Wanted(endpoint=1, **said)
        while True:
            page = await outbox_flow.listed(office.desk, ada, wanted, 3)
            found += [row.message for row, _ in page.rows]
            pages += 1
            if page.next is None:
                break
            wanted = attempts.Wanted(endpoint=1, **said | {"cursor": page.next})

    assert found == [n for n in range(COUNT, 0, -1) if is_wanted(n)]
    assert pages <= COUNT // 3 + COUNT // STEP + 2


@pytest.mark.parametrize(
    ("said", "is_wanted"),
    [
        ({}, lambda _: True),
        ({"event_types": (TYPES[1],)}, lambda n: n % 7 == 0),
        ({"event_types": ("billing.auto_topup.failed",)}, lambda _: False),
        ({"since": at(30)}, lambda n: n >= 30),
        ({"until": at(30)}, lambda n: n < 30),
        ({"since": at(20), "until": at(40), "event_types": TYPES}, lambda n: 20 <= n < 40),
        ({"since": at(COUNT) + HOUR}, lambda _: False),
        ({"until": START - HOUR}, lambda _: False),
    ],
    ids=range(8),
)
async def test_messages_come_all_and_once_by_short_steps(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, Any],
    is_wanted: Callable[[int], bool],
) -> None:
    monkeypatch.setattr(outbox, "SCANNED_MAX", STEP)
    monkeypatch.setattr(message_times, "SLACK", 0)  # so that the numbers alone must be right
    found: list[int] = []
    async with opened_office(database_url, Scripted()) as office:
        ada = await history(office)
        before: int | None = None
        while True:
            wanted = outbox.Wanted(before=before, **said)
            page = await outbox_flow.page(office.desk, ada, wanted, 3)
            found += [row.number for row in page.rows]
            before = page.next
            if before is None:
                break

    assert found == [n for n in range(COUNT, 0, -1) if is_wanted(n)]


async def test_deliveries_are_counted_up_to_a_limit(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that wait are counted wherever they stand; the others among the newest."""
    async with opened_office(database_url, Scripted()) as office:
        ada = await history(office)
        await office.emit(ada)
        counted = []
        for most in (100, COUNT + 1, COUNT, 10):
            monkeypatch.setattr(delivery_counts, "COUNTED_MAX", most)
            counted.append(await replays.stats(office.desk, ada, 1, None))
        monkeypatch.setattr(delivery_counts, "COUNTED_MAX", 100)
        lately = await replays.stats(office.desk, ada, 1, at(50))
        never = await replays.stats(office.desk, ada, 1, office.hand.now + HOUR)

    told = [(one.waiting, one.sent, one.failed, one.has_more) for one in counted]
    assert told == [(1, 48, 12, False), (1, 48, 12, False), (1, 47, 12, True), (1, 7, 2, True)]
    assert (lately.sent, lately.failed, lately.waiting) == (8, 3, 1)
    assert (never.sent, never.failed, never.waiting, never.has_more) == (0, 0, 0, False)


async def test_what_was_missed_is_found_by_short_steps(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And at most so many: the rest by the next call."""
    monkeypatch.setattr(stored, "SCANNED_MAX", STEP)
    monkeypatch.setattr(replays, "RECOVERED_MAX", 8)
    async with opened_office(database_url, Scripted()) as office:
        ada = await history(office)
        office.hand.now = at(COUNT) + HOUR
        calls = [await replays.recover(office.desk, ada, 1, at(10)) for _ in range(3)]
        waiting = await office.rows(
            "SELECT message FROM delivery WHERE status = 'waiting' ORDER BY message"
        )

    assert calls == [(8, True), (3, False), (0, False)]
    assert [row[0] for row in waiting] == list(range(10, COUNT + 1, 5))


async def test_what_arrives_while_it_is_looked_for_is_not_sent_again(database_url: str) -> None:
    async with opened_office(database_url, Scripted()) as office:
        ada = await history(office)
        missed = await office.desk.vault.read(lambda c: stored.missed(c, ada, 1, START, 1))
        d = t.delivery.c
        arrived = update(t.delivery).where(d.message == missed[0]).values(status="sent")
        await office.desk.vault.write(lambda c: c.execute(arrived).rowcount)
        still = await office.desk.vault.read(lambda c: stored.still_missed(c, ada, 1, missed))

    assert still == missed[1:]


READS: dict[str, Callable[[Connection, AccountId], object]] = {
    "attempts": lambda c, a: attempts.page(c, a, attempts.Wanted(endpoint=1, failed=True), 3),
    "picky": lambda c, a: attempts.page(c, a, attempts.Wanted(endpoint=1, status_low=5), 3),
    "of a message": lambda c, a: attempts.page(c, a, attempts.Wanted(message=1), 3),
    "messages": lambda c, a: outbox.page(c, a, outbox.Wanted(since=5, until=9), 3),
    "counts": lambda c, a: delivery_counts.count(c, a, 1, START),
    "missed": lambda c, a: stored.missed(c, a, 1, START, 3),
    "by kind": lambda c, a: notifications.recent(c, a, before=9, limit=3, kind="low_balance"),
    "by workspace": lambda c, a: notifications.recent(c, a, before=9, limit=3, scopes=(1, 2)),
}
INDEXES = {
    "attempts": "ix_attempt_failed",
    "picky": "ix_attempt_at",
    "counts": "ix_delivery_waiting",
    "by kind": "ix_notification_kind",
    "by workspace": "ix_notification_scope",
}


@pytest.mark.parametrize("name", READS)
async def test_it_goes_by_an_index_and_sorts_nothing(migrated_sqlite_url: str, name: str) -> None:
    """`account_id=?` alone would be the whole history."""
    async with opened_office(migrated_sqlite_url, Scripted()) as office:
        ada = await history(office)
    read = READS[name]
    plans = [
        (text, plan)
        for text, plan in plans_of(migrated_sqlite_url, lambda c: read(c, ada))
        if "max(" not in text and "min(" not in text  # a single row, from an end
    ]

    assert plans
    assert INDEXES.get(name, "") in " ".join(plan for _, plan in plans)
    for text, plan in plans:
        assert not plan.startswith(("SCAN m", "SCAN d", "SCAN attempt")), (text, plan)
        assert not (plan.endswith("(account_id=?)") and "endpoint" not in plan), (text, plan)
        assert "FOR ORDER BY" not in plan or name == "of a message", (text, plan)
