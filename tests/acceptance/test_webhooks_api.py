"""Webhooks as their owner runs them: over HTTP, with a key, from nothing to a delivered message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.webhooks import WebhookSender
from prepaid.domain import events
from prepaid.domain.deliveries import endpoints as rules
from prepaid.flows.deliveries.delivery import Deliverer, deliver_all
from tests.adapters.receivers import Received, receiver
from tests.kit.door import Customer, Door, code, fields, opened_door
from tests.kit.shop import Shop, opened

BASE = "/v2/webhooks"
ENDPOINTS = f"{BASE}/endpoints"
URL = "https://hooks.example/prepaid"
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


@pytest.fixture
async def door(shop: Shop) -> AsyncIterator[Door]:
    async with opened_door(shop) as made:
        yield made


@asynccontextmanager
async def world(url: str) -> AsyncIterator[tuple[Door, Received, Deliverer]]:
    """A door, a real receiver, and the worker that sends."""
    async with receiver() as seen, opened(url) as shop, opened_door(shop) as made:
        sender = WebhookSender(AddressRule(["127.0.0.1"]), allow_http=True)
        yield made, seen, Deliverer(shop.desk, sender)
        await sender.close()


async def made(ada: Customer, **wish: object) -> Any:
    answer = await ada.ask("POST", ENDPOINTS, json={"url": URL} | wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_endpoint_lives_and_ends(door: Door) -> None:
    ada = await door.customer()
    wish = {"description": "ours", "eventTypes": ["company.updated"], "throttleRate": 5}
    one = await made(ada, headers={"x-token": "hidden"}, secret=SECRET, **wish)
    place = f"{ENDPOINTS}/{one['id']}"
    listed = await ok(await ada.ask("GET", ENDPOINTS))
    patch: dict[str, object] = {"url": URL + "/2", "eventTypes": None, "headers": {}}
    patch["disabled"] = True
    changed = await ok(await ada.ask("PATCH", place, json=patch))
    told = await ok(await ada.ask("GET", place + "/secret"))
    enabled = await ok(await ada.ask("POST", place + "/enable"))
    await ok(await ada.ask("DELETE", place))
    gone = await ada.ask("GET", place)

    assert one | wish == one
    assert (one["headerNames"], one["disabled"], one["disabledReason"]) == (
        ["x-token"],
        False,
        None,
    )
    assert listed["data"] == [one]
    assert (changed["url"], changed["eventTypes"]) == (URL + "/2", None)
    assert (changed["headerNames"], changed["disabled"]) == ([], True)
    assert told == {"secret": SECRET, "overlapping": []}
    assert enabled["disabled"] is False
    assert (gone.status_code, code(gone)) == (404, "not_found")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"url": "ftp://a.example"}, "url"),
        ({"url": "https://user:pass@a.example"}, "url"),
        ({"eventTypes": ["billing.unknown"]}, "eventTypes[0]"),
        ({"eventTypes": []}, "eventTypes"),
        ({"headers": {"webhook-id": "mine"}}, "headers.webhook-id"),
        ({"headers": {"x": "a\nb"}}, "headers.x"),
        ({"throttleRate": 0}, "throttleRate"),
        ({"secret": "whsec_short"}, "secret"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_endpoint_is_refused_by_name(
    door: Door, wish: dict[str, object], field: str
) -> None:
    ada = await door.customer()
    answer = await ada.ask("POST", ENDPOINTS, json={"url": URL} | wish)

    assert (answer.status_code, fields(answer)) == (400, [field])
    assert "whsec_short" not in answer.text


async def test_an_account_has_at_most_fifty(migrated_sqlite_url: str) -> None:
    async with opened(migrated_sqlite_url) as shop, opened_door(shop) as door:
        ada = await door.customer()
        last = [await made(ada) for _ in range(rules.PER_ACCOUNT_MAX)][-1]
        refused = await ada.ask("POST", ENDPOINTS, json={"url": URL})
        await ada.ask("DELETE", f"{ENDPOINTS}/{last['id']}")
        again = await ada.ask("POST", ENDPOINTS, json={"url": URL})

    assert (refused.status_code, code(refused)) == (409, "too_many_endpoints")
    assert again.status_code == 201
    assert again.json()["id"] != last["id"]


async def test_from_an_example_to_its_attempt(database_url: str) -> None:
    async with world(database_url) as (door, seen, deliverer):
        ada = await door.customer()
        one = await made(ada, url=seen.url(), headers={"x-token": "mine"})
        place = f"{ENDPOINTS}/{one['id']}"
        sent = []
        for event in events.CATALOGUE:
            answer = await ada.ask("POST", place + "/send-example", json={"eventType": event.name})
            sent.append((await ok(answer, 202))["messageId"])
        await deliver_all(deliverer)
        messages = await ok(await ada.ask("GET", f"{BASE}/messages"))
        message = await ok(await ada.ask("GET", f"{BASE}/messages/{sent[0]}"))
        attempts = await ok(await ada.ask("GET", f"{BASE}/attempts/endpoints/{one['id']}"))
        resent = await ada.ask("POST", f"{BASE}/messages/{sent[0]}/endpoints/{one['id']}/resend")
        await deliver_all(deliverer)
        by_message = await ok(await ada.ask("GET", f"{BASE}/attempts/messages/{sent[0]}"))
        stats = await ok(await ada.ask("GET", place + "/stats"))

    assert set(seen.bodies) == {event.body for event in events.CATALOGUE}
    assert {headers["x-token"] for headers in seen.headers} == {"mine"}
    assert [row["id"] for row in messages["data"]] == sent[::-1]
    assert message["deliveries"] == [
        {"endpointId": one["id"], "status": "sent", "attempts": 1, "nextAttemptAt": None}
    ]
    assert len(attempts["data"]) == len(events.CATALOGUE)
    first = attempts["data"][-1]
    assert (first["succeeded"], first["statusCode"], first["response"]) == (True, 200, "thanks")
    assert resent.status_code == 202
    assert [row["number"] for row in by_message["data"]] == [2, 1]
    assert len({headers["webhook-id"] for headers in seen.headers}) == len(events.CATALOGUE)
    counts = {"waiting": 0, "sent": len(events.CATALOGUE), "failed": 0}
    assert stats == counts | {"hasMore": False}


async def test_pages_and_filters(database_url: str) -> None:
    async with world(database_url) as (door, seen, deliverer):
        ada = await door.customer()
        one = await made(ada, url=seen.url())
        for number in range(7):
            name = events.CATALOGUE[number % 2].name
            body = {"eventType": name}
            await ada.ask("POST", f"{ENDPOINTS}/{one['id']}/send-example", json=body)
        await deliver_all(deliverer)
        attempts = f"{BASE}/attempts/endpoints/{one['id']}"
        walked = {
            path: [row["id"] for page in await pages(ada, path) for row in page]
            for path in (f"{BASE}/messages", attempts)
        }
        typed = await ok(
            await ada.ask("GET", f"{BASE}/messages?eventTypes={events.CATALOGUE[1].name}")
        )
        failed = await ok(await ada.ask("GET", attempts + "?outcome=failed"))
        right = await ok(await ada.ask("GET", attempts + "?outcome=succeeded&statusClass=2"))
        early = await ok(await ada.ask("GET", attempts + "?before=2020-01-01T00:00:00Z"))
        wrong = await ada.ask("GET", attempts + "?cursor=nonsense")

    assert all(len(set(found)) == len(found) == 7 for found in walked.values())
    assert len(typed["data"]) == 3
    assert (failed["data"], early["data"]) == ([], [])
    assert len(right["data"]) == 7
    assert fields(wrong) == ["cursor"]


async def pages(ada: Customer, path: str) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = await ok(await ada.ask("GET", f"{path}?limit=3{cursor}"))
        found.append(page["data"])
        if page["nextCursor"] is None:
            return found
        cursor = f"&cursor={page['nextCursor']}"


async def test_strangers_and_readers(door: Door) -> None:
    """Another account's ids are unknown; a key that reads sees no secret and changes nothing."""
    ada, bob = await door.customer(), await door.customer()
    one = await made(ada)
    reader = await door.with_key(ada, "read")
    place = f"{ENDPOINTS}/{one['id']}"
    for method, path in (("GET", place), ("GET", place + "/secret"), ("DELETE", place)):
        assert (await bob.ask(method, path)).status_code == 404
    seen = await reader.ask("GET", place)
    kept = await reader.ask("GET", place + "/secret")

    assert seen.status_code == 200
    assert (kept.status_code, code(kept)) == (403, "forbidden")


async def test_a_disabled_endpoint_takes_nothing_until_it_is_enabled(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada, disabled=True)
    place = f"{ENDPOINTS}/{one['id']}"
    example = {"eventType": "company.updated"}
    refused = await ada.ask("POST", place + "/send-example", json=example)
    since = {"since": "2026-01-01T00:00:00Z"}
    recover = await ada.ask("POST", place + "/recover", json=since)
    await ada.ask("POST", place + "/enable")
    sent = await ada.ask("POST", place + "/send-example", json=example)

    assert [code(answer) for answer in (refused, recover)] == ["endpoint_disabled"] * 2
    assert sent.status_code == 202


async def test_the_event_types_are_those_of_the_catalogue(door: Door) -> None:
    ada = await door.customer()
    shown = await ok(await ada.ask("GET", f"{BASE}/event-types"))

    assert [one["name"] for one in shown["data"]] == list(events.BY_NAME)
    assert all(one["schema"] and one["examples"] for one in shown["data"])


async def test_rotation_answers_with_both(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada, secret=SECRET)
    place = f"{ENDPOINTS}/{one['id']}/secret"
    told = await ok(await ada.ask("POST", place + "/rotate", json={"overlapSeconds": 60}))
    again = await ok(await ada.ask("GET", place))

    assert told == again
    assert told["secret"] != SECRET
    assert [old["secret"] for old in told["overlapping"]] == [SECRET]
