"""A receiver verifies with the official libraries, unchanged: what was sent, and nothing else."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix
from aiohttp import web

from prepaid.domain.instants import HOUR
from prepaid.flows.deliveries import endpoints
from tests.adapters.receivers import Received, receiver
from tests.deliveries.office import Office, opened_office, secret

BODIES = [
    {"type": "company.updated", "name": "Café Zoë Łódź", "emoji": "🦄👩‍👩‍👧", "n": 1},
    {"type": "company.updated", "quote": '"\\\u2028', "empty": ""},
]
Library = type[svix.Webhook] | type[standardwebhooks.Webhook]
LIBRARIES: list[Library] = [svix.Webhook, standardwebhooks.Webhook]
REFUSED = (svix.WebhookVerificationError, standardwebhooks.WebhookVerificationError)


def verified(library: Library, key: bytes, seen: Received, place: int = -1) -> Any:
    """The body, once the library has verified it; one of them returns nothing."""
    headers = {name.lower(): value for name, value in seen.headers[place].items()}
    library(secret(key)).verify(seen.bodies[place], headers)
    return json.loads(seen.bodies[place])


async def sent(office: Office, seen: Received, key: bytes, body: object) -> int:
    ada = await office.account()
    await office.endpoint(ada, seen.url(), key=key)
    await office.emit(ada, json.dumps(body, ensure_ascii=False).encode())
    await office.work()
    return ada


@pytest.mark.parametrize("length", [24, 32, 64])
@pytest.mark.parametrize("body", BODIES)
async def test_both_libraries_verify(migrated_sqlite_url: str, length: int, body: object) -> None:
    key = bytes(range(length))
    async with receiver() as seen, opened_office(migrated_sqlite_url, real=True) as office:
        await sent(office, seen, key, body)

    assert [verified(library, key, seen) for library in LIBRARIES] == [body, body]
    assert seen.headers[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize("library", LIBRARIES)
async def test_what_was_forged_or_changed_or_is_stale_is_refused(
    migrated_sqlite_url: str, library: Library
) -> None:
    key = bytes(32)
    async with receiver() as seen, opened_office(migrated_sqlite_url, real=True) as office:
        await sent(office, seen, key, BODIES[0])
    headers = {name.lower(): value for name, value in seen.headers[0].items()}
    right, body = library(secret(key)), seen.bodies[0]
    late = str(int(time.time()) - 3600)

    right.verify(body, headers)
    for wrong_body, wrong_headers in (
        (body.replace(b"1}", b"2}"), headers),
        (body, headers | {"svix-id": "msg_other", "webhook-id": "msg_other"}),
        (body, headers | {"svix-timestamp": late, "webhook-timestamp": late}),
    ):
        with pytest.raises(REFUSED):
            right.verify(wrong_body, wrong_headers)
    with pytest.raises(REFUSED):
        library(secret(bytes([1] * 32))).verify(body, headers)
    moment = datetime.now(tz=UTC) - timedelta(seconds=5)
    forged = {
        "webhook-signature": standardwebhooks.Webhook(secret(b"x" * 32)).sign("msg", moment, "{}")
    }
    with pytest.raises(REFUSED):
        right.verify(body, headers | forged | {"svix-signature": forged["webhook-signature"]})


@pytest.mark.parametrize("library", LIBRARIES)
async def test_while_secrets_overlap_either_verifies(database_url: str, library: Library) -> None:
    """Rotating twice keeps both old ones until their own end."""
    first, second, third = (bytes([number] * 32) for number in (1, 2, 3))
    async with receiver() as seen, opened_office(database_url, real=True) as office:
        ada = await sent(office, seen, first, BODIES[0])
        await endpoints.rotate(office.desk, ada, 1, second, HOUR)
        await endpoints.rotate(office.desk, ada, 1, third, HOUR)
        await office.emit(ada, b'{"n":2}')
        await office.work()
        told = await endpoints.secret(office.desk, ada, 1)
        await endpoints.rotate(office.desk, ada, 1, first, 0)
        await office.emit(ada, b'{"n":3}')
        await office.work()

    assert [verified(library, key, seen, 1) for key in (first, second, third)] == [{"n": 2}] * 3
    assert (told.key, [key for key, _ in told.overlapping]) == (third, [second, first])
    with pytest.raises(REFUSED):
        verified(library, third, seen, 2)  # its overlap was 0


async def test_the_id_is_constant_and_the_time_is_the_attempts(migrated_sqlite_url: str) -> None:
    answers = [503, 200]

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=answers.pop(0))

    async with receiver(answer) as seen, opened_office(migrated_sqlite_url, real=True) as office:
        await sent(office, seen, bytes(32), BODIES[0])
        await office.rows("SELECT 1")
        await office.desk.vault.write(
            lambda c: [
                c.exec_driver_sql(f"UPDATE {table} SET due_at = 0 WHERE due_at IS NOT NULL")
                for table in ("delivery", "endpoint")
            ]
        )
        await office.work()
        rows = await office.attempts((await _accounts(office))[0])

    ids = {headers["webhook-id"] for headers in seen.headers}
    assert len(ids) == 1
    assert len(seen.headers) == 2
    assert seen.bodies[0] == seen.bodies[1]
    assert [(row.status, row.failure) for row in rows] == [(503, "server_error"), (200, None)]
    assert rows[0].address == "127.0.0.1"


async def _accounts(office: Office) -> list[int]:
    return [int(str(row[0])) for row in await office.rows("SELECT id FROM account")]


async def test_secrets_are_not_kept_in_the_open(migrated_sqlite_url: str) -> None:
    """Neither the key nor an endpoint's own headers can be read from the file."""
    key = b"a-very-recognisable-signing-key!"
    async with opened_office(migrated_sqlite_url, real=True) as office:
        ada = await office.account()
        await office.endpoint(ada, key=key)
        await endpoints.change(office.desk, ada, 1, {}, {"authorization": "Bearer recognisable"})
        rows = await office.rows(
            "SELECT s.sealed, e.headers FROM endpoint_secret s JOIN endpoint e"
            " ON e.number = s.endpoint"
        )
        shown = await endpoints.get(office.desk, ada, 1)

    parts = b"".join(bytes(part) for part in rows[0])  # type: ignore[call-overload]
    assert b"recognisable" not in parts
    assert shown.headers == ("authorization",)
    assert shown.row.headers is None
