"""The forms of webhook endpoints: by the rules of the API, each fault beside its field."""

import pytest

from prepaid.domain import ids
from prepaid.flows.deliveries import endpoints
from tests.kit import pages
from tests.kit.door import Door
from tests.kit.hooks import URL, kept_headers, listed, made
from tests.kit.pages import text_of

HOSTILE = ["<script>alert(1)</script>", "\u05e9\u05dc\u05d5\u05dd", "W" * 255, "'><img src=x>"]
KEPT = "•" * 8


async def test_an_endpoint_is_made_as_it_was_typed(door: Door) -> None:
    ada = await door.customer()
    fields = {
        "url": URL,
        "description": "The shop",
        "allEvents": "false",
        "eventTypes[0]": "company.updated",
        "eventTypes[1]": "billing.low_balance.triggered",
        "throttleRate": "7",
        "headers": "Authorization: Bearer a: b\r\n\r\nX-Shop:7\r\n",
    }
    async with pages.admin(door, ada) as person:
        answer = await person.send("/webhooks/new", form="endpoint", **fields)
        shown = text_of(await person.client.get(answer.headers["location"]))
        told = text_of(await person.see("/audit"))

    (one,) = await listed(ada)
    assert answer.status_code == 303
    assert (one["url"], one["description"], one["throttleRate"]) == (URL, "The shop", 7)
    assert one["eventTypes"] == ["company.updated", "billing.low_balance.triggered"]
    assert await kept_headers(door, one["id"]) == {
        "Authorization": "Bearer a: b",
        "X-Shop": "7",
    }
    assert "Bearer" not in shown
    assert "endpoint created" in told
    assert "Bearer" not in told


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"url": ""}, "url", "Is required."),
        ({"url": "ftp://example.com"}, "url", "Must begin with https://"),
        ({"url": "https://user:pw@example.com"}, "url", "Must not have a user"),
        ({"description": "a\x00b"}, "description", "one line without control characters"),
        ({"description": "W" * 513}, "description", "at most 512 characters"),
        ({"throttleRate": "0"}, "throttleRate", "Must be at least 1."),
        ({"throttleRate": "many"}, "throttleRate", "Must be a whole number."),
        ({"headers": "no colon"}, "headers", "Line 1 must be a name, a colon and a value."),
        ({"headers": "A: 1\nA: 2"}, "headers", "A is given twice."),
        ({"headers": "Host: evil"}, "headers", "Host is set by the service."),
        ({"headers": f"X-New: {KEPT}"}, "headers", "X-New needs a value"),
        ({"secret": "whsec_short"}, "secret", "base64"),
        ({"allEvents": "false"}, "eventTypes", "Needs one at least"),
    ],
)
async def test_a_wrong_form_says_so_beside_the_field_and_makes_nothing(
    lite: Door, fields: dict[str, str], field: str, message: str
) -> None:
    """What was typed stands there again, but for a secret nothing is lost."""
    ada = await lite.customer()
    whole = {"url": URL, "description": "typed before", "allEvents": "true"} | fields
    async with pages.admin(lite, ada) as person:
        answer = await person.send("/webhooks/new", form="endpoint", **whole)
        text = text_of(answer)

    assert answer.status_code == 400
    beside = text.split(f'id="endpoint-{field}"' if field != "eventTypes" else "</legend>", 1)[1]
    assert message in beside.split("</form>")[0], text
    assert whole["description"].replace("\x00", "") in text.replace("\x00", "")
    assert await listed(ada) == []


async def test_a_header_left_as_it_is_keeps_its_value(door: Door) -> None:
    """Its value is never sent to the browser, so the line says only that it is kept."""
    ada = await door.customer()
    one = await made(ada, headers={"Authorization": "Token 17", "X-Old": "gone"})
    place = f"/webhooks/{one['id']}"
    async with pages.admin(door, ada) as person:
        form = text_of(await person.see(f"{place}/edit"))
        sent = {"url": URL + "/2", "allEvents": "true"}
        headers = f"Authorization: {KEPT}\r\nX-New: 7"
        answer = await person.send(f"{place}/edit", form="endpoint", headers=headers, **sent)
        told = text_of(await person.see("/audit"))

    assert f"Authorization: {KEPT}\nX-Old: {KEPT}" in form
    assert "Token" not in form
    assert answer.status_code == 303
    assert await kept_headers(door, one["id"]) == {"Authorization": "Token 17", "X-New": "7"}
    (after,) = await listed(ada)
    assert after["url"] == URL + "/2"
    assert f"url: {URL} → {URL}/2" in told
    assert "headers: Authorization, X-Old → Authorization, X-New" in told
    assert "Token" not in told


async def test_a_header_without_a_value_to_keep_changes_nothing(lite: Door) -> None:
    ada = await lite.customer()
    one = await made(ada)
    async with pages.admin(lite, ada) as person:
        fields = {"url": URL + "/2", "allEvents": "true", "headers": f"X-New: {KEPT}"}
        answer = await person.send(f"/webhooks/{one['id']}/edit", form="endpoint", **fields)

    assert answer.status_code == 400
    assert "X-New needs a value" in text_of(answer)
    assert await listed(ada) == [one]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_description_is_only_shown(lite: Door, text: str) -> None:
    ada = await lite.customer()
    one = await made(ada, description=text)
    async with pages.admin(lite, ada) as person:
        for path in ("/webhooks", f"/webhooks/{one['id']}", f"/webhooks/{one['id']}/edit"):
            page = await person.see(path)

            assert text in text_of(page), path
            assert "<script>alert" not in page.text, path
            assert "<img src=x" not in page.text, path


async def test_the_first_endpoint_is_asked_for(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        page = await person.see("/webhooks")

    assert f'href="{person.place}/webhooks/new"' in page.text


async def test_a_kept_value_of_a_header_needs_its_name_as_it_was(lite: Door) -> None:
    """The flow is what decides: a name with no value of its own takes none of another's."""
    ada = await lite.customer()
    one = await made(ada, headers={"X-A": "1"})
    place = ids.parse_owned("ep", one["id"])
    assert place is not None
    changed = await endpoints.change(lite.shop.desk, *place, {}, {"X-A": None, "X-B": "2"})

    assert changed.headers == ("X-A", "X-B")
    assert await kept_headers(lite, one["id"]) == {"X-A": "1", "X-B": "2"}
