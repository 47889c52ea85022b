"""What an admin has sent to an endpoint, and every attempt to be read."""

import re

import pytest

from tests.deliveries.office import FAIL, OK, Reply
from tests.kit import pages
from tests.kit.door import Door
from tests.kit.hooks import deliver, made, send_example
from tests.kit.pages import text_of


async def test_an_example_is_sent_and_its_attempts_are_shown(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada, headers={"X-Own": "hidden-value"}, eventTypes=["company.updated"])
    async with pages.admin(door, ada) as person:
        event = "billing.low_balance.triggered"
        path = f"/webhooks/{one['id']}/example"
        answer = await person.send(path, form="example", eventType=event)
        message = answer.headers["location"]
        waiting = text_of(await person.client.get(message))
        hostile = "<script>alert(1)</script>"
        await deliver(door, Reply(500, "server_error", 12, hostile, "192.0.2.9"))
        failed = await person.client.get(message)
        part = await person.client.get(message + "/attempts", headers={"hx-request": "true"})
        again = await person.client.post(message + "/resend", data={"csrf_token": person.token})
        sent = await deliver(door, OK)
        done = text_of(await person.client.get(message))
        told = text_of(await person.see("/audit"))

    assert "No attempt has ended yet" in waiting
    assert "thresholdCents" in waiting
    assert "hidden-value" not in waiting
    for text in (failed.text, part.text):
        assert "HTTP 500" in text
        assert "server_error" in text
        assert "12 ms" in text
        assert "192.0.2.9" in text
        assert hostile not in text
    assert hostile in text_of(failed)
    assert again.status_code == 303
    assert list(sent.ids) == [message.rsplit("/", 1)[1]], "the same id once more"
    assert "delivered" in done
    assert done.count("<br>attempt 2") == 1
    assert "example sent" in told
    assert "message resent" in told


async def test_attempts_are_filtered_and_paged_as_in_the_api(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada)
    place = f"/webhooks/{one['id']}"
    for number in range(28):
        event = "company.updated" if number % 2 else "billing.statement.ready"
        await send_example(ada, one["id"], event)
    await deliver(door, *[FAIL, Reply(301, "redirect"), OK] * 10)
    path = f"/v2/webhooks/attempts/endpoints/{one['id']}"

    def messages(text: str) -> list[str]:
        return re.findall(r'<td><a href="[^"]*/messages/(msg_[0-9a-f]+)"', text)

    async with pages.admin(door, ada) as person:
        first = await person.see(place)
        older = re.search(r'href="([^"]*cursor=[^"]*)#attempts"', first.text)
        assert older is not None
        second = await person.see(older[1])
        data = (await ada.ask("GET", path + "?limit=100")).json()["data"]
        everything = [row["messageId"] for row in data]
        assert messages(first.text) + messages(second.text) == everything
        for page, api in [
            ("outcome=failed", "outcome=failed"),
            ("statusClass=3", "statusClass=3"),
            ("eventType=company.updated&outcome=", "eventTypes=company.updated"),
        ]:
            part = await person.see(f"{place}/attempts?{page}")
            wanted = (await ada.ask("GET", f"{path}?{api}&limit=100")).json()["data"]

            assert wanted
            assert messages(part.text) == [row["messageId"] for row in wanted][:25], page


async def test_what_was_missed_is_recovered_since_a_time(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada)
    await send_example(ada, one["id"])
    await deliver(door, Reply(400, "client_error", directive="abort-message"))
    place = f"/webhooks/{one['id']}"
    async with pages.admin(door, ada) as person:
        late = await person.send(f"{place}/recover", form="recover", since="2999-01-01T00:00")
        nothing = await person.client.get(late.headers["location"])
        done = await person.send(f"{place}/recover", form="recover", since="2020-01-01T00:00")
        flash = await person.client.get(done.headers["location"])
        told = text_of(await person.see("/audit"))
    again = await deliver(door)

    assert "Nothing was missed since then." in nothing.text
    assert "1 message is sent again." in flash.text
    assert "messages recovered" in told
    assert len(again.sent) == 1


@pytest.mark.parametrize("since", ["", "yesterday", "0000-01-01T00:00", "2020-01-01T00:00+00:00"])
async def test_a_wrong_time_recovers_nothing(lite: Door, since: str) -> None:
    ada = await lite.customer()
    one = await made(ada)
    async with pages.admin(lite, ada) as person:
        answer = await person.send(f"/webhooks/{one['id']}/recover", form="recover", since=since)

    assert answer.status_code == 400
    assert 'id="recover-since-error"' in answer.text


async def test_a_disabled_endpoint_is_sent_nothing_by_hand(lite: Door) -> None:
    ada = await lite.customer()
    one = await made(ada, disabled=True)
    async with pages.admin(lite, ada) as person:
        path = f"/webhooks/{one['id']}/example"
        answer = await person.send(path, form="example", eventType="company.updated")
        unknown = await person.send(path, form="example", eventType="<script>")

    assert answer.status_code == 409
    assert "The endpoint is disabled; enable it first." in answer.text
    assert unknown.status_code == 400
    assert (await deliver(lite)).sent == []
