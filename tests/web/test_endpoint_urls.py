"""A URL that can never be reached is refused where it is set, not days later in a log."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from prepaid.adapters.addresses import rule_of
from prepaid.assembly import open_desk
from prepaid.settings import Settings
from tests.kit import pages
from tests.kit.door import Door, code, opened_door
from tests.kit.pages import text_of
from tests.kit.shop import opened

ENDPOINTS = "/v2/webhooks/endpoints"
PRIVATE = [
    "https://10.0.0.1/hook",
    "https://127.0.0.1:8443/",
    "https://192.168.1.7",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/hook",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "http://100.64.0.1/",
]


@pytest.fixture
async def strict(migrated_sqlite_url: str) -> AsyncIterator[Door]:
    """A door of an installation that allows one private network, as it is assembled."""
    async with opened(migrated_sqlite_url) as shop:
        rule = rule_of("10.9.0.0/16")
        shop.desk = replace(shop.desk, refused_address=rule.refusal)
        async with opened_door(shop) as made:
            yield made


@pytest.mark.parametrize("url", PRIVATE)
async def test_an_address_that_is_not_public_is_refused_when_it_is_set(
    strict: Door, url: str
) -> None:
    ada = await strict.customer()
    good = (await ada.ask("POST", ENDPOINTS, json={"url": "https://a.example"})).json()
    place = f"{ENDPOINTS}/{good['id']}"
    answers = [
        await ada.ask("POST", ENDPOINTS, json={"url": url}),
        await ada.ask("PATCH", place, json={"url": url, "description": "new"}),
    ]

    for answer in answers:
        assert (answer.status_code, code(answer)) == (400, "invalid_request")
        assert [one["field"] for one in answer.json()["error"]["details"]] == ["url"]
        assert "not public" in answer.json()["error"]["message"]
    (left,) = (await ada.ask("GET", ENDPOINTS)).json()["data"]
    assert (left["url"], left["description"]) == ("https://a.example", "")


async def test_the_dashboard_says_so_at_the_field(strict: Door) -> None:
    ada = await strict.customer()
    async with pages.admin(strict, ada) as person:
        answer = await person.send(
            "/webhooks/new", form="endpoint", url=PRIVATE[0], allEvents="true"
        )

    assert answer.status_code == 400
    assert "not public (private)" in text_of(answer)
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    "url", ["https://10.9.1.1/", "https://8.8.8.8/", "https://hooks.example", "https://[2600::1]/"]
)
async def test_what_may_be_reached_may_be_set(strict: Door, url: str) -> None:
    """What the operator allows beside public addresses; and names, which are judged when sent."""
    ada = await strict.customer()
    answer = await ada.ask("POST", ENDPOINTS, json={"url": url})

    assert answer.status_code == 201, answer.text


def test_an_installation_is_assembled_with_the_senders_own_rule(migrated_sqlite_url: str) -> None:
    settings = Settings(database_url=migrated_sqlite_url, webhook_allowed_cidrs="10.9.0.0/16")
    desk = open_desk(settings)

    assert desk.refused_address("10.9.1.1") is None
    assert desk.refused_address("10.8.1.1") == "private"
