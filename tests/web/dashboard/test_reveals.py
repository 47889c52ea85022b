"""A secret that was just made is shown once: sent again, looked at again, or by anybody else, not.

What an admin sees is on the page that the form leads to, so that a reload sends no form again.
"""

import asyncio
import re

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from prepaid.web.dashboard.reveals import Reveals, To
from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import Person
from tests.web.dashboard.test_developers import KEY, keys

HOOK = {"url": "https://hooks.example/prepaid"}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")


async def make_key(person: Person, name: str = "job") -> httpx.Response:
    return await person.send("/developers", form="new", name=name)


def cookie_of(answer: httpx.Response) -> str:
    """The cookie that brings the secret."""
    (found,) = [
        line for line in answer.headers.get_list("set-cookie") if line.startswith("prepaid_shown_")
    ]
    return found


async def test_looking_again_makes_no_second_key(door: Door) -> None:
    """A reload asks for the page the form led to, and that is a GET."""
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        made = await make_key(person)
        place = made.headers["location"]
        shown, again = [await person.client.get(place) for _ in range(2)]

    assert made.status_code == 303
    assert len(set(KEY.findall(shown.text))) == 1
    assert not KEY.findall(again.text)
    assert again.status_code == 200
    assert len(await keys(door, ada)) == 2, "the one of the customer, and the one made here"


async def test_the_secret_is_in_no_address_and_no_cookie_that_can_be_read(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await make_key(person)
        place, cookie = made.headers["location"], cookie_of(made)
        shown = await person.client.get(place)
    (key,) = set(KEY.findall(shown.text))

    assert made.text == ""
    assert key not in place
    assert key not in cookie
    assert shown.headers["cache-control"] == "no-store", "a back button shows nothing of it"
    for needed in ("HttpOnly", "SameSite=lax", "Max-Age=60", f"Path=/dashboard/{ada.id}/"):
        assert needed in cookie


async def test_two_tabs_do_not_take_each_others_secret(lite: Door) -> None:
    """Both forms are answered before either page is fetched."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = [await make_key(person, name) for name in ("one", "two")]
        shown = [await person.client.get(answer.headers["location"]) for answer in made]
    found = [set(KEY.findall(page.text)) for page in shown]

    assert [len(one) for one in found] == [1, 1]
    assert found[0] != found[1]
    for one in found:
        answer = await Customer(lite.client, ada.id, one.pop()).ask("GET", "/v2/billing/balance")
        assert answer.status_code == 200


async def test_another_person_in_the_same_browser_is_not_shown_it(lite: Door) -> None:
    """Signed out, and somebody else signed in: what waited for the first is not theirs."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await make_key(person)
    async with pages.admin(lite, ada, "eve@example.com") as eve:
        name, _, value = cookie_of(made).partition(";")[0].partition("=")
        eve.client.cookies.set(name, value)
        shown = await eve.client.get(made.headers["location"])

    assert shown.status_code == 200
    assert not KEY.findall(shown.text)


async def test_a_secret_opens_on_its_own_page_alone(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await make_key(person)
        name, _, value = cookie_of(made).partition(";")[0].partition("=")
        person.client.cookies.set(name, value)
        query = made.headers["location"].partition("?")[2]
        shown = await person.see(f"/billing?{query}")

    assert shown.status_code == 200
    assert not KEY.findall(shown.text)


def test_after_a_minute_it_is_gone() -> None:
    """Also for who kept the cookie for longer than the browser was told to."""
    reveals, to = Reveals([b"k" * 32], is_secure=True), To("/here", "0" * 16, b"ada")
    response = Response()
    reveals.write(response, to, b"secret", now_s=1_000)
    cookie = response.headers["set-cookie"].partition(";")[0]
    request = Request(
        {
            "type": "http",
            "path": to.path,
            "query_string": b"shown=" + to.number.encode(),
            "headers": [(b"host", b"shop.test"), (b"cookie", cookie.encode())],
        }
    )

    assert reveals.read(request, b"ada", now_s=1_060) == b"secret"
    assert reveals.read(request, b"ada", now_s=1_061) is None
    assert reveals.read(request, b"eve", now_s=1_000) is None
    there = Request({**request.scope, "path": "/there"})
    assert reveals.read(there, b"ada", now_s=1_000) is None, "another page"
    assert Reveals([b"n" * 32, b"k" * 32], is_secure=True).read(request, b"ada", 1_000), "old key"
    assert "Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize("value", ["", "x", "gAAAAA", "é" * 40, "a" * 3_000])
async def test_a_made_up_cookie_shows_nothing(lite: Door, value: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        jar = [f"{one.name}={one.value}" for one in person.client.cookies.jar]
        cookie = "; ".join([f"prepaid_shown_{'0' * 16}={value}", *jar]).encode()
        shown = await person.client.get(
            f"{person.place}/developers?shown={'0' * 16}", headers=[(b"cookie", cookie)]
        )

    assert shown.status_code == 200
    assert "shown this once" not in shown.text


async def test_the_secret_of_an_endpoint_is_told_once_too(lite: Door) -> None:
    ada = await lite.customer()
    made = (await ada.ask("POST", "/v2/webhooks/endpoints", json=HOOK)).json()
    place = f"/webhooks/{made['id']}"
    async with pages.admin(lite, ada) as person:
        for path in (f"{place}/secret", f"{place}/rotate"):
            sent = await person.send(path, form="rotate")
            where = sent.headers["location"].partition("#")[0]
            shown, again = [await person.client.get(where) for _ in range(2)]

            assert SECRET.findall(shown.text), path
            assert not SECRET.findall(again.text), path
    now = (await ada.ask("GET", f"/v2/webhooks/endpoints/{made['id']}/secret")).json()

    assert len(now["overlapping"]) == 1, "it was rotated once"


async def test_ten_secrets_that_sign_at_once_fit(lite: Door) -> None:
    """A browser keeps cookies of 4 096 bytes at most."""
    ada = await lite.customer()
    made = (await ada.ask("POST", "/v2/webhooks/endpoints", json=HOOK)).json()
    long = "whsec_" + "A" * 84 + "=="
    async with pages.admin(lite, ada) as person:
        for number in range(12):
            secret = long.replace("A", chr(ord("B") + number), 1) if number % 2 else ""
            sent = await person.send(f"/webhooks/{made['id']}/rotate", form="rotate", secret=secret)
            assert sent.status_code in (303, 400, 409), sent.text
        told = await person.send(f"/webhooks/{made['id']}/secret")

    assert told.status_code == 303
    assert len(cookie_of(told).encode()) < 4_096


async def test_one_form_sent_twice_at_once_tells_of_both(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        made = await asyncio.gather(*(make_key(person) for _ in range(2)))

    assert len({answer.headers["location"] for answer in made}) == 2
