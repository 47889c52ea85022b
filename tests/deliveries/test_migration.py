"""What was sent before headers were kept stays as it was, and can be sent again."""

import asyncio

import pytest

from prepaid.flows.deliveries import outbox, replays
from prepaid.store import migrate
from prepaid.store.deliveries.attempts import Wanted
from prepaid.store.vault import Connection, open_database
from tests.deliveries.office import START, Scripted, opened_office

BEFORE = "0009"
COUNT = 2_500


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database as it was before."""
    migrate.upgrade(empty_url, BEFORE)
    return empty_url


def fill(connection: Connection) -> None:
    """An account with an endpoint and what was sent there, each tenth in vain."""
    blob = "x'7b7d'" if connection.dialect.name == "sqlite" else "'{}'::bytea"
    series = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {COUNT})"
        if connection.dialect.name == "sqlite"
        else f"WITH n(i) AS (SELECT generate_series(1, {COUNT}))"
    )
    failed = "CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'sent' END"
    failure = "CASE WHEN i % 10 = 0 THEN 'server_error' END"
    for statement in (
        (
            "INSERT INTO account (id, name, admins, currency, sandbox, created_at, updated_at,"
            " chain, endpoints, messages)"
            f" VALUES (7, 'Ada', '[]', 'EUR', false, 0, 0, {blob}, 1, {COUNT})"
        ),
        (
            "INSERT INTO endpoint (account_id, number, url, description, disabled, created_at,"
            " updated_at) VALUES (7, 1, 'https://example.com/', '', false, 0, 0)"
        ),
        (
            "INSERT INTO message (account_id, number, event_type, body, created_at)"
            f" {series} SELECT 7, i, 'company.updated', {blob}, {START} + i FROM n"
        ),
        (
            "INSERT INTO delivery (account_id, endpoint, message, status, asked_at, made, attempts)"
            f" {series} SELECT 7, 1, i, {failed}, {START}, 1, 1 FROM n"
        ),
        (
            "INSERT INTO attempt (account_id, endpoint, message, number, at, failure, status,"
            " duration_ms, excerpt, address)"
            f" {series} SELECT 7, 1, i, 1, {START} + i, {failure}, 200, 5, 'ok', NULL FROM n"
        ),
    ):
        connection.exec_driver_sql(statement)


async def test_attempts_of_before_are_listed_and_sent_again(old_url: str) -> None:
    database = open_database(old_url)
    await database.write(fill)
    await database.close()
    await asyncio.to_thread(migrate.upgrade, old_url)

    async with opened_office(old_url, Scripted()) as office:
        wanted = Wanted(endpoint=1, failed=True)
        page = await outbox.listed(office.desk, 7, wanted, COUNT)
        sent, _ = await replays.recover(office.desk, 7, 1, START)
        counts = await replays.stats(office.desk, 7, 1, None)

    rows = [row for row, _ in page.rows]
    assert await asyncio.to_thread(migrate.differences, old_url) is None
    assert [row.message for row in rows] == list(range(COUNT, 0, -10))
    assert {(row.url, row.request_headers, row.response_headers) for row in rows} == {(None,) * 3}
    assert {(row.excerpt, row.failure, row.number) for row in rows} == {("ok", "server_error", 1)}
    assert sent == COUNT // 10
    assert (counts.waiting, counts.sent, counts.failed) == (sent, COUNT - sent, 0)
