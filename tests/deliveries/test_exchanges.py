"""What an attempt has sent and what came back: kept whole, read by its owner, and no secret in it.

By the whole queue, from a real sender to the API and the dashboard.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from prepaid.domain import ids
from prepaid.domain.deliveries.head_lines import MASK
from tests.adapters.receivers import Received, Talk, read_request, saying, talker
from tests.deliveries.office import Office, opened_office
from tests.kit import pages
from tests.kit.door import Customer, Door, opened_door
from tests.kit.hooks import made, send_example
from tests.kit.pages import Person, text_of

SECRET = "Bearer token-0123456789"
ANSWER = b"HTTP/1.1 503 No\r\nContent-Length: 4\r\nRetry-After: 7\r\nX-Id: <b>&amp;\r\n\r\nbusy"
HOSTILE = {
    "bytes": b"X-Bytes: \x01\x1b[2J\x7f\xff\xc3\x28",
    "huge": b"\r\n".join([b"X-Huge: " + b"h" * 8_000] * 12),
    "many": b"\r\n".join(b"X-%d: y" % number for number in range(110)),
    "script": b"X-Script: <script>alert(1)</script>",
    "cookie": b"Set-Cookie: session=hidden-cookie; Domain=.example.com",
    "echo": b"X-Echo: " + SECRET.encode(),
    "mark": "X-Mark: …".encode() + b"\r\n\xe2\x80\xa6: x",
}


@asynccontextmanager
async def house(url: str, talk: Talk) -> AsyncIterator[tuple[Received, Office, Door]]:
    """A receiver that talks so, the office that sends to it, and the door in front."""
    async with talker(talk) as seen, opened_office(url) as office, opened_door(office.shop) as door:
        yield seen, office, door


async def told(who: Customer, endpoint: str) -> list[dict[str, object]]:
    """Its attempts, as the API tells them."""
    answer = await who.ask("GET", f"/v2/webhooks/attempts/endpoints/{endpoint}")
    assert answer.is_success, answer.text
    found: list[dict[str, object]] = answer.json()["data"]
    return found


async def tried(office: Office, door: Door, url: str) -> tuple[Customer, str, str]:
    """A customer, their endpoint and a message that was sent there."""
    ada = await door.customer()
    headers = {"Authorization": SECRET, "X-Shop": "7"}
    one = await made(ada, url=url, headers=headers)
    message = await send_example(ada, one["id"])
    await office.work()
    return ada, one["id"], message


def page_of(endpoint: str, message: str) -> str:
    return f"/webhooks/{endpoint}/messages/{message}"


async def test_an_attempt_tells_what_was_sent_and_what_came_back(database_url: str) -> None:
    received: list[bytes] = []

    async def talk(*ends: object) -> None:
        reader, writer = ends
        received.append(await read_request(reader))  # type: ignore[arg-type] # the two of a talk
        writer.write(ANSWER)  # type: ignore[attr-defined]

    async with house(database_url, talk) as (seen, office, door):
        ada, endpoint, message = await tried(office, door, seen.url("/in?x=1"))
        (one,) = await told(ada, endpoint)

    head = received[0].split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    sent = [line.partition(": ")[::2] for line in head]
    secret = {"Authorization", "X-Shop"}
    assert dict(sent)["Authorization"] == SECRET
    assert dict(sent)["webhook-id"] == message
    assert one["url"] == seen.url("/in?x=1")
    assert one["requestHeaders"] == [
        {"name": name, "value": MASK if name in secret else value} for name, value in sent
    ]
    assert one["responseHeaders"] == [
        {"name": "Content-Length", "value": "4"},
        {"name": "Retry-After", "value": "7"},
        {"name": "X-Id", "value": "<b>&amp;"},
    ]
    assert (one["response"], one["responseHeadersCut"], one["statusCode"]) == ("busy", False, 503)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_headers_hurt_nobody(database_url: str, name: str) -> None:
    """They are kept on both databases, short and plain; the attempt counts; pages show them."""
    talk: Talk = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + HOSTILE[name] + b"\r\n\r\n")
    async with house(database_url, talk) as (seen, office, door):
        ada, endpoint, message = await tried(office, door, seen.url())
        (one,) = await told(ada, endpoint)
        async with pages.admin(door, ada) as person:
            page = await person.see(page_of(endpoint, message))
        rows = await office.rows("SELECT request_headers, response_headers FROM attempt")

    ((sent, came),) = rows
    assert one["succeeded"] or one["failure"] == "protocol"
    assert one["responseHeadersCut"] == (name in {"huge", "many"})
    assert len(str(came)) < 4_300
    assert "<script>alert" not in page.text
    for text in (str(sent), str(came), json.dumps(one), page.text):
        assert "token-0123456789" not in text
        assert "hidden-cookie" not in text
    assert page.status_code == 200
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page.text.replace("\r", ""))


async def test_what_was_not_sent_has_no_request(database_url: str) -> None:
    async with opened_office(database_url) as office, opened_door(office.shop) as door:
        ada, endpoint, message = await tried(office, door, "http://127.0.0.2:9/")
        (one,) = await told(ada, endpoint)
        async with pages.admin(door, ada) as person:
            page = text_of(await person.see(page_of(endpoint, message)))

    assert (one["failure"], one["requestHeaders"], one["responseHeaders"]) == ("blocked", [], [])
    assert one["url"] == "http://127.0.0.2:9/"
    assert "Nothing was sent" in page


async def test_an_attempt_of_earlier_times_says_that_headers_were_not_kept(
    database_url: str,
) -> None:
    async with house(database_url, saying(ANSWER)) as (seen, office, door):
        ada, endpoint, message = await tried(office, door, seen.url())
        forget = "UPDATE attempt SET url = NULL, request_headers = NULL, response_headers = NULL"
        await office.desk.vault.write(lambda c: c.exec_driver_sql(forget).rowcount)
        (one,) = await told(ada, endpoint)
        async with pages.admin(door, ada) as person:
            page = text_of(await person.see(page_of(endpoint, message)))

    assert [one[name] for name in ("url", "requestHeaders", "responseHeaders")] == [None] * 3
    assert one["responseHeadersCut"] is False
    assert page.count("Headers were not kept at that time.") == 2
    assert "busy" in page


async def parts(person: Person, endpoint: str, message: str) -> list[str]:
    """What lists ask for when an attempt is opened there."""
    text = (await person.see(f"/webhooks/{endpoint}")).text
    found = re.findall(r'hx-get="([^"]+/attempts/\d+)"', text)
    assert all(page_of(endpoint, message) in path for path in found)
    return found


async def test_an_attempt_is_opened_where_it_is_listed(migrated_sqlite_url: str) -> None:
    """Only then is it asked for; a stranger asks in vain, and so does a made-up number."""
    async with house(migrated_sqlite_url, saying(ANSWER)) as (seen, office, door):
        ada, endpoint, message = await tried(office, door, seen.url())
        bob = await door.customer()
        async with pages.admin(door, ada) as person:
            (path,) = await parts(person, endpoint, message)
            part = await person.see(path)
            wrong = [
                (await person.see(path[:-1] + number)).status_code
                for number in ("2", "0", "x", "-1", "1" * 30, "%C2%B2")
            ]
        async with pages.admin(door, bob) as stranger:
            place = page_of(endpoint, message)
            refused = await stranger.see(f"{place}/attempts/1")

    text = text_of(part)
    assert "<html" not in part.text
    assert seen.url() in text
    assert ids.parse_owned("msg", message) is not None
    assert message in text
    assert f"Authorization</dt><dd>{MASK}" in part.text
    assert "Retry-After</dt><dd>7" in part.text
    assert '"type"' in text
    assert "busy" in text
    assert wrong == [404] * 6
    assert refused.status_code == 404
    assert "busy" not in refused.text
