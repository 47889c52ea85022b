"""Another secret key than the one secrets were sealed with: it is told before a webhook fails."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from prepaid import assembly
from prepaid.adapters.seals import Seals
from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.flows.deliveries import endpoints, unreadable
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.settings import Settings
from tests.kit.prompt import prepaid
from tests.kit.shop import SECRET_KEY, Shop, opened

ANOTHER_KEY = "a-key-that-has-never-sealed-anything-here"


async def with_endpoints(shop: Shop, count: int, headers: dict[str, str]) -> AccountId:
    account = await shop.account()
    for number in range(count):
        url = f"https://hooks.example/{number}"
        wish = Wish(url, "", None, False, headers, None, None)
        await endpoints.create(shop.desk, account, wish)
    return account


def kept(url: str, count: int, headers: dict[str, str] | None = None) -> AccountId:
    """An account whose endpoints were sealed with the key of the tests."""

    async def make() -> AccountId:
        async with opened(url) as shop:
            return await with_endpoints(shop, count, headers or {})

    return asyncio.run(make())


def examined(url: str, *words: str, **environment: str) -> Any:
    report = prepaid(url, "doctor", "--json", *words, code=0, **environment).stdout
    return json.loads(report)["unreadable"]


def test_the_doctor_counts_the_endpoints_that_a_key_does_not_open(database_url: str) -> None:
    """After a restore with another key, somebody must learn it before the customers do."""
    ada, bob = kept(database_url, 2), kept(database_url, 1)
    wrong = {"PREPAID_SECRET_KEY": ANOTHER_KEY}
    said = prepaid(database_url, "doctor", code=0, **wrong).stdout

    assert "warning: the secrets of 3 endpoints cannot be opened" in said
    assert "PREPAID_SECRET_KEY_OLD" in said
    assert examined(database_url, "--account", ids.account(ada), **wrong) == 2
    assert examined(database_url, "--account", ids.account(bob), **wrong) == 1
    assert examined(database_url) == 0
    assert examined(database_url, PREPAID_SECRET_KEY_OLD=SECRET_KEY, **wrong) == 0
    assert examined(database_url, PREPAID_SECRET_KEY="") is None


async def test_headers_that_cannot_be_opened_count_too(shop: Shop) -> None:
    """Rotating makes a new secret and leaves the headers under the lost key."""
    account = await with_endpoints(shop, 1, {"x-token": "t"})
    restored = replace(shop.desk, seals=Seals(ANOTHER_KEY))
    await endpoints.rotate(restored, account, 1, None, 0)

    assert await unreadable.warning(restored) is not None


async def test_readiness_warns_of_a_wrong_key_and_tries_only_some(shop: Shop) -> None:
    await with_endpoints(shop, unreadable.TRIED_MAX + 1, {})
    restored = Shop(replace(shop.desk, seals=Seals(ANOTHER_KEY)))
    async with shop.door() as right, restored.door() as wrong:
        quiet, told = [await client.get("/readyz") for client in (right, wrong)]

    assert quiet.json()["warnings"] == []
    assert told.status_code == 200, "requests are served"
    (warning,) = told.json()["warnings"]
    assert warning.startswith("of 20 secrets of webhooks that were tried, those of 20 endpoints")


@pytest.mark.parametrize(("key", "warns"), [(SECRET_KEY, False), (ANOTHER_KEY, True)])
def test_a_start_with_a_wrong_key_says_so(
    migrated_sqlite_url: str, key: str, *, warns: bool
) -> None:
    kept(migrated_sqlite_url, 1)
    settings = Settings(database_url=migrated_sqlite_url, secret_key=key)

    async def start() -> None:
        async with assembly.working(settings, assembly.open_desk(settings)):
            pass

    with capture_logs() as logs:
        asyncio.run(start())

    said = [one for one in logs if "cannot be opened" in one["event"]]
    assert [one["log_level"] for one in said] == ["warning"] * warns
