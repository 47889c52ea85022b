"""The page of one webhook endpoint: its secret, its switch, its end; of nobody else's."""

import pytest

from tests.kit import pages
from tests.kit.door import Door
from tests.kit.hooks import URL, listed, made, secret_of, send_example
from tests.kit.pages import text_of


async def test_looking_at_the_secret_is_written_down(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada)
    secret = (await secret_of(ada, one["id"]))["secret"]
    async with pages.admin(door, ada) as person:
        before = await person.see(f"/webhooks/{one['id']}")
        none = text_of(await person.see("/audit"))
        shown = await person.told(f"/webhooks/{one['id']}/secret")
        told = text_of(await person.see("/audit"))
        after = await person.see(f"/webhooks/{one['id']}/secret")

    assert secret not in before.text
    assert "secret revealed" not in none
    assert secret in text_of(shown)
    assert "secret revealed" in told
    assert secret not in told
    assert after.status_code == 303, "the address alone shows nothing"


@pytest.mark.parametrize(("overlap", "old"), [("86400", 1), ("0", 0)])
async def test_a_rotated_secret_signs_beside_the_new_one_while_asked(
    door: Door, overlap: str, old: int
) -> None:
    ada = await door.customer()
    one = await made(ada)
    first = (await secret_of(ada, one["id"]))["secret"]
    async with pages.admin(door, ada) as person:
        path = f"/webhooks/{one['id']}/rotate"
        shown = text_of(await person.told(path, form="rotate", overlapSeconds=overlap))
        told = text_of(await person.see("/audit"))

    now = await secret_of(ada, one["id"])
    assert now["secret"] != first
    assert now["secret"] in shown
    assert [one["secret"] for one in now["overlapping"]] == [first] * old
    assert (first in shown) == bool(old)
    assert "secret rotated" in told
    assert "whsec_" not in told


@pytest.mark.parametrize(
    "fields", [{"overlapSeconds": "604801"}, {"secret": "whsec_!"}, {"secret": "no"}]
)
async def test_a_wrong_rotation_keeps_the_secret(lite: Door, fields: dict[str, str]) -> None:
    ada = await lite.customer()
    one = await made(ada)
    before = await secret_of(ada, one["id"])
    async with pages.admin(lite, ada) as person:
        answer = await person.send(f"/webhooks/{one['id']}/rotate", form="rotate", **fields)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert await secret_of(ada, one["id"]) == before


async def test_an_endpoint_is_switched_off_and_on_and_deleted(door: Door) -> None:
    ada = await door.customer()
    one = await made(ada)
    place = f"/webhooks/{one['id']}"
    async with pages.admin(door, ada) as person:
        await person.send(f"{place}/disable")
        assert [row["disabled"] for row in await listed(ada)] == [True]
        assert "Nothing is sent to it" in (await person.see(place)).text
        await person.send(f"{place}/enable")
        assert [row["disabled"] for row in await listed(ada)] == [False]
        gone = await person.send(f"{place}/remove")
        told = text_of(await person.see("/audit"))

        assert gone.headers["location"] == f"{person.place}/webhooks"
        assert (await person.see(place)).status_code == 404
    assert await listed(ada) == []
    for action in ("endpoint disabled", "endpoint enabled", "endpoint deleted"):
        assert action in told


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/edit"),
        ("GET", "/attempts"),
        ("GET", "/messages/{message}"),
        ("GET", "/messages/{message}/attempts"),
        ("GET", "/messages/{message}/attempts/1"),
        *(("POST", f"/{verb}") for verb in ("edit", "secret", "rotate", "enable", "disable")),
        *(("POST", f"/{verb}") for verb in ("remove", "example", "recover")),
        ("POST", "/messages/{message}/resend"),
    ],
)
async def test_an_endpoint_of_another_account_is_not_found(
    lite: Door, method: str, path: str
) -> None:
    """Its id in one's own pages opens nothing, and is not taken for one's own of that number."""
    ada, bob = await lite.customer(), await lite.customer()
    one, own = await made(ada), await made(bob)
    await send_example(bob, own["id"])
    message = await send_example(ada, one["id"])
    secret = await secret_of(ada, one["id"])
    fields = {
        "url": "https://evil.example",
        "allEvents": "true",
        "eventType": "company.updated",
        "since": "2020-01-01T00:00",
    }
    named = {"edit": ("url", "allEvents"), "example": ("eventType",), "recover": ("since",)}
    async with pages.admin(lite, bob) as person:
        at = f"/webhooks/{one['id']}" + path.format(message=message)
        wanted = {name: fields[name] for name in named.get(path.strip("/"), ())}
        answer = await (person.see(at) if method == "GET" else person.send(at, **wanted))

    assert answer.status_code == 404
    assert URL not in answer.text
    assert await listed(ada) == [one]
    assert await listed(bob) == [own]
    assert await secret_of(ada, one["id"]) == secret
