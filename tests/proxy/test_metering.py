"""The middleware: whose fault a refusal is, and what a caller's own idempotency key does."""

import asyncio
import logging
from collections.abc import Mapping

import httpx
import pytest

from prepaid.client import AsyncClient, Metering
from tests.kit.shop import OPERATOR_KEY
from tests.proxy.metered import code, metered

WORKSPACE = "x-topograph-workspace-id"
PAID = 200  # credit cents of a report


@pytest.mark.parametrize(
    ("operator_key", "sku", "mend"),
    [(OPERATOR_KEY, "unpriced", "prices set"), ("a wrong key", "report", "PREPAID_OPERATOR_KEY")],
)
async def test_what_the_seller_has_to_mend_is_logged_and_not_shown(
    migrated_sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    operator_key: str,
    sku: str,
    mend: str,
) -> None:
    """A customer can do nothing about a price list, and should not read of an operator key."""
    async with metered(migrated_sqlite_url, monkeypatch, operator_key, sku=sku) as there:
        with caplog.at_level(logging.ERROR, "prepaid.client"):
            answers = [await there.ask(), await there.ask("k1")]

        for answer in answers:
            assert (answer.status_code, code(answer)) == (500, "internal_error")
            assert "unpriced" not in answer.text
            assert "operator" not in answer.text
        told = [record.getMessage() for record in caplog.records]
        assert len(told) == len(answers)
        assert all(mend in line for line in told)
        assert operator_key not in caplog.text
        assert there.inside.bodies == []


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"x-api-key": "pk_unknown"}, (401, "unauthorized")),
        ({WORKSPACE: "nobody"}, (400, "workspace_not_found")),
        ({WORKSPACE: "x" * 300}, (400, "invalid_request")),
        ({"idempotency-key": "x" * 256}, (400, "invalid_request")),
        ({"idempotency-key": ""}, (400, "invalid_request")),
    ],
)
async def test_what_the_customer_has_to_mend_reaches_them(
    migrated_sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    headers: Mapping[str, str],
    told: tuple[int, str],
) -> None:
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        answer = await there.ask(headers=headers)

        assert (answer.status_code, code(answer)) == told
        assert not [one for one in caplog.records if one.name == "prepaid.client"]


async def test_a_service_that_is_away_is_logged(
    monkeypatch: pytest.MonkeyPatch, migrated_sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        asks = AsyncClient("http://127.0.0.1:9", OPERATOR_KEY, attempts=1)
        transport = httpx.ASGITransport(Metering(there.inside, client=asks, sku="report"))
        async with asks, httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            answer = await client.get("/a", headers={"x-api-key": there.key})

        assert (answer.status_code, code(answer)) == (503, "overloaded")
        assert "cannot be asked" in caplog.text


async def test_a_key_is_charged_once_and_the_application_runs_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost answer is asked for again at no cost, with whatever amount the endpoint settles."""
    async with metered(database_url, monkeypatch) as there:
        there.inside.quantity = 3
        answers = [await there.ask("k1", method="POST", content=b"what?") for _ in range(3)]
        there.inside.status = 500
        failed = await there.ask("k1", method="POST", content=b"what?")

        assert [answer.status_code for answer in answers] == [200] * 3
        assert failed.status_code == 500
        assert there.inside.bodies == [b"what?"] * 4
        assert await there.spent() == 3 * PAID


async def test_a_key_is_good_for_one_question(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one paid request would open the whole application."""
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        await there.ask("k1", method="POST", content=b"x")
        others = [
            await there.ask("k1", "/b", "POST", content=b"x"),
            await there.ask("k1", "/a?more=1", "POST", content=b"x"),
            await there.ask("k1", "/a", "PUT", content=b"x"),
            await there.ask("k1", "/a", "POST", content=b"y"),
            await there.ask("k1", "/a", "POST", content=b"x", headers={WORKSPACE: "acme"}),
        ]

        assert {(one.status_code, code(one)) for one in others} == {(422, "idempotency_key_reused")}
        assert len(there.inside.bodies) == 1
        assert await there.spent() == PAID


async def test_two_at_once_with_one_key_run_once(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        there.inside.may_end.clear()
        first = asyncio.create_task(there.ask("k1"))
        await there.inside.begun.wait()
        second = await asyncio.wait_for(there.ask("k1"), 30)
        there.inside.may_end.set()

        assert (second.status_code, code(second)) == (409, "request_in_progress")
        assert (await first).status_code == 200
        assert await there.spent() == PAID


async def test_a_key_whose_request_failed_charges_the_next_success(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not for ever: each failure leaves a charge behind."""
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        there.inside.status = 500
        failed = await there.ask("k1")
        there.inside.status = 200
        good = [await there.ask("k1") for _ in range(2)]
        there.inside.status = 404
        worn = [await there.ask("k2") for _ in range(11)]

        assert [failed.status_code, *(one.status_code for one in good)] == [500, 200, 200]
        assert await there.spent() == PAID
        assert [one.status_code for one in worn] == [404] * 10 + [422]


async def test_a_customers_key_meets_no_key_of_the_sellers(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who guesses the key of another charge must not be served for it."""
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        async with httpx.AsyncClient(base_url=there.url, timeout=30) as seller:
            await seller.post(
                "/v2/operator/charges",
                headers={"x-operator-key": OPERATOR_KEY, "idempotency-key": "order-17"},
                json={"apiKey": there.key, "sku": "report", "settle": True},
            )
        answer = await there.ask("order-17")

        assert answer.status_code == 200
        assert await there.spent() == 2 * PAID


async def test_a_body_with_a_key_has_a_limit(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with metered(migrated_sqlite_url, monkeypatch) as there:
        large = b"x" * ((1 << 20) + 1)
        refused = await there.ask("k1", method="POST", content=large)
        free = await there.ask(method="POST", content=large)

        assert (refused.status_code, code(refused)) == (413, "payload_too_large")
        assert free.status_code == 200
        assert there.inside.bodies == [large]


async def test_keys_mean_nothing_where_the_seller_says_so(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For answers that change by the minute: one key would buy a whole day of them."""
    async with metered(migrated_sqlite_url, monkeypatch, idempotent=False) as there:
        for _ in range(2):
            await there.ask("k1")

        assert await there.spent() == 2 * PAID
