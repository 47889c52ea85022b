"""What an operator sees of the queue: metrics by class, and a warning when it is late."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from prepaid.domain.instants import HOUR, MINUTE, SECOND
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.web import app
from prepaid.web.metrics import Metrics
from tests.adapters.post_office import Post
from tests.deliveries.office import FAIL, Office, Reply, Scripted, opened_office
from tests.deliveries.test_mail import told
from tests.kit.shop import OPERATOR_KEY

READING = re.compile(r"^(prepaid_(?:webhooks|mails|delivery)\S*) (\S+)$", re.MULTILINE)
GONE = Reply(410, "client_error", directive="abort-message")


@asynccontextmanager
async def watched(office: Office) -> AsyncIterator[tuple[PostRoom, httpx.AsyncClient]]:
    """The post room of an office, and a door that shows its readings."""

    async def close() -> None:
        """Nothing is open."""

    room = PostRoom(office.desk, office.deliverer, office.postman, close)
    inside = app.build(
        office.desk,
        operator_key=OPERATOR_KEY,
        public_url="http://shop.test",
        metrics=Metrics(room.readings),
        lifespan=None,
    )
    transport = httpx.ASGITransport(inside)
    headers = {"x-operator-key": OPERATOR_KEY}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://shop.test", headers=headers
    ) as client:
        yield room, client


async def metrics(client: httpx.AsyncClient) -> dict[str, float]:
    """Every reading of the post room, by name and class."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    lines = re.findall(
        r"^(prepaid_(?:webhooks|mails|delivery)\S*) (\S+)$", answer.text, re.MULTILINE
    )
    return {name: float(value) for name, value in lines if "_created" not in name}


async def test_what_is_sent_failed_and_given_up_is_counted_by_class(database_url: str) -> None:
    sender = Scripted([FAIL, GONE, Reply(None, "timeout")])
    async with opened_office(database_url, sender) as office, watched(office) as (_, client):
        ada = await office.account("ops@example.com")
        await office.endpoint(ada)
        before = await metrics(client)
        for _ in range(4):
            await office.emit(ada)
        await office.work()
        after = await metrics(client)
        for _ in range(20):
            sender.answers = [FAIL, FAIL]
            await office.later(21 * HOUR)
        later = await metrics(client)

    assert before["prepaid_webhooks_sent_total"] == before["prepaid_webhooks_in_flight"] == 0
    assert after["prepaid_webhooks_sent_total"] == 1
    assert after['prepaid_webhooks_failed_total{class="server_error"}'] == 1
    assert after['prepaid_webhooks_failed_total{class="client_error"}'] == 1
    assert after['prepaid_webhooks_failed_total{class="timeout"}'] == 1
    assert after["prepaid_webhooks_exhausted_total"] == 0, "the receiver asked for an end"
    assert later["prepaid_webhooks_exhausted_total"] == 2


async def test_mail_is_counted_too(migrated_sqlite_url: str) -> None:
    post = Post("451 try later")
    async with (
        told(migrated_sqlite_url, post, "ops@example.com") as (office, _),
        watched(office) as (_, client),
    ):
        await office.work()
        first = await metrics(client)
        await office.later(2 * MINUTE)
        second = await metrics(client)

    assert first["prepaid_mails_sent_total"] == 0
    assert first['prepaid_mails_failed_total{class="refused"}'] == 1
    assert second["prepaid_mails_sent_total"] == 1
    assert second["prepaid_mails_exhausted_total"] == second["prepaid_mails_in_flight"] == 0


@pytest.mark.parametrize(("waited_s", "warns"), [(0, False), (60, False), (61, True)])
async def test_a_late_queue_is_a_warning_and_no_failure(
    database_url: str, waited_s: int, *, warns: bool
) -> None:
    """More than a minute late: worth a look. Requests are served all the same."""
    async with opened_office(database_url, Scripted()) as office, watched(office) as (room, client):
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        office.hand.now += waited_s * SECOND
        await room.watch()
        answer = await client.get("/readyz")
        read = await metrics(client)
        await office.work()
        await room.watch()
        done = (await client.get("/readyz")).json()["warnings"]
        empty = await metrics(client)

    said = [f"the oldest due delivery has waited {waited_s} s"] if warns else []
    assert (answer.status_code, answer.json()["warnings"]) == (200, said)
    assert read["prepaid_delivery_queue_age_seconds"] == waited_s
    assert done == []
    assert empty["prepaid_delivery_queue_age_seconds"] == 0


async def test_what_waits_for_its_time_or_for_nobody_is_not_late(migrated_sqlite_url: str) -> None:
    """A retry in five minutes, and an endpoint that was switched off."""
    sender = Scripted([FAIL])
    async with (
        opened_office(migrated_sqlite_url, sender) as office,
        watched(office) as (_, client),
    ):
        ada = await office.account()
        await office.endpoint(ada)
        await office.emit(ada)
        await office.work()
        off = await office.endpoint(ada)
        await endpoints.change(office.desk, ada, off, {"disabled": True}, None)
        await office.emit(ada)
        await office.work()
        answer = await client.get("/readyz")

    assert answer.json()["warnings"] == []
