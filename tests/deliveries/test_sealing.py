"""Secrets that cannot be kept or opened: said plainly, by whoever asks, and nothing half done."""

from dataclasses import replace

import pytest

from prepaid.adapters.seals import Seals
from prepaid.domain.instants import HOUR
from prepaid.domain.refusals import Refusal
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.flows.desk import UNSEALED
from tests.deliveries.office import Scripted, opened_office
from tests.kit.door import opened_door

URL = {"url": "https://hooks.example/in"}
WISH = Wish(URL["url"], "", None, disabled=False, headers={}, throttle_rate=None, key=b"k" * 32)


async def test_without_a_secret_key_no_endpoint_is_made_and_the_reason_is_said(
    database_url: str,
) -> None:
    async with opened_office(database_url) as office:
        shop = replace(office.shop, desk=replace(office.desk, seals=UNSEALED))
        async with opened_door(shop) as door:
            ada = await door.customer()
            answer = await ada.ask("POST", "/v2/webhooks/endpoints", json=URL)
            listed = await ada.ask("GET", "/v2/webhooks/endpoints")
            balance = await ada.ask("GET", "/v2/billing/balance")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "secret_key_missing")
    assert "PREPAID_SECRET_KEY" in error["message"]
    assert listed.json()["data"] == []
    assert balance.status_code == 200


async def test_a_secret_of_another_key_is_said_to_be_that(database_url: str) -> None:
    """After a lost key: the message tells both ways out, and deleting works."""
    async with opened_office(database_url) as office:
        ada = await office.account()
        number = await office.endpoint(ada)
        strange = replace(office.desk, seals=Seals("another key altogether, of 32 letters"))
        with pytest.raises(Refusal, match="PREPAID_SECRET_KEY_OLD") as refused:
            await endpoints.secret(strange, ada, number)
        await endpoints.remove(strange, ada, number)
        left = await endpoints.every(strange, ada)

    assert refused.value.code == "secret_unreadable"
    assert left == []


async def test_headers_are_kept_by_no_one_without_a_key(migrated_sqlite_url: str) -> None:
    async with opened_office(migrated_sqlite_url) as office:
        ada = await office.account()
        number = await office.endpoint(ada)
        bare = replace(office.desk, seals=UNSEALED)
        with pytest.raises(Refusal, match="PREPAID_SECRET_KEY"):
            await endpoints.change(bare, ada, number, {"description": "x"}, {"x-token": "a"})
        with pytest.raises(Refusal, match="PREPAID_SECRET_KEY"):
            await endpoints.create(bare, ada, WISH)
        rows = await endpoints.every(office.desk, ada)

    assert [(shown.row.description, shown.headers) for shown in rows] == [("", ())]


async def test_an_old_secret_signs_until_its_overlap_ends_and_no_longer(database_url: str) -> None:
    """Nothing but time passes: no other rotation sweeps it away."""
    sender = Scripted()
    async with opened_office(database_url, sender) as office:
        ada = await office.account()
        number = await office.endpoint(ada)
        await endpoints.rotate(office.desk, ada, number, b"n" * 32, HOUR)
        await office.emit(ada)
        await office.work()
        await office.emit(ada)
        await office.later(HOUR)

    signatures = [headers["webhook-signature"].split() for _, _, headers in sender.sent]
    assert [len(some) for some in signatures] == [2, 1]
