"""The header that names a workspace is a setting, and the same one everywhere."""

import os
from pathlib import Path

import httpx
import pytest

from prepaid.client import AsyncClient, Metering
from prepaid.client.asgi import Receive, Scope, Send
from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY
from tests.kit.upstream import upstream
from tests.proxy.conftest import ROUTES
from tests.proxy.test_how_to import prepared

HEADER, USUAL = "x-client-of-mine", "x-topograph-workspace-id"


async def test_the_setting_is_honoured_by_the_service(
    migrated_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By billed routes, free ones, the company routes and the document; the usual one is not."""
    async with upstream() as far:
        routes = tmp_path / "routes.toml"
        routes.write_text(ROUTES.format(url=far.url), "utf-8")
        place = str(routes)
        with served(
            migrated_sqlite_url, PREPAID_ROUTES=place, PREPAID_WORKSPACE_HEADER=HEADER
        ) as server:
            key = {"x-api-key": prepared(server.url, monkeypatch)}
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
                tagged, other, twice = [
                    await client.post("/v1/reports/1", headers=headers, json={})
                    for headers in (
                        httpx.Headers(key | {HEADER: "acme"}),
                        httpx.Headers(key | {USUAL: "nobody"}),
                        httpx.Headers([*key.items(), (HEADER, "acme"), (HEADER, "acme")]),
                    )
                ]
                free = await client.get("/v1/free/a", headers=key | {HEADER: "nobody"})
                billed = await client.get("/v1/things?kind=page", headers=key | {HEADER: "nobody"})
                document = (await client.get("/openapi.json")).json()

    assert tagged.json()["request"]["workspace"]["name"] == "acme"
    assert other.json()["request"]["workspace"]["name"] == "default"
    assert (twice.status_code, twice.json()["error"]["details"][0]["field"]) == (400, HEADER)
    for unknown in (free, billed):
        error = unknown.json()["error"]
        assert (unknown.status_code, error["code"]) == (400, "workspace_not_found")
        assert error["details"][0]["field"] == HEADER
    named = document["paths"]["/v1/reports/{id}"]["post"]["parameters"]
    assert [one["name"] for one in named if one["in"] == "header"] == [HEADER, "Idempotency-Key"]


async def test_the_middleware_takes_another_header(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without credit it answers 402 before the application is called."""
    called = []

    async def inside(scope: Scope, _receive: Receive, send: Send) -> None:
        called.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with served(migrated_sqlite_url) as server:
        key = prepared(server.url, monkeypatch)
        poor = os.environ["EMPTY_KEY"]
        client = AsyncClient(server.url, OPERATOR_KEY, timeout_s=30)
        app = Metering(inside, client=client, sku="report", workspace_header=HEADER.title())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as asking:
            good = await asking.get("/a", headers={"x-api-key": key, HEADER: "acme"})
            empty = await asking.get("/b", headers={"x-api-key": poor})
            odd = await asking.get("/c", headers={"x-api-key": key, HEADER: "nobody"})
        await client.close()
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as report:
            usage = await report.get("/v2/workspaces/usage", headers={"x-api-key": key})

    assert good.status_code == 204
    assert (empty.status_code, empty.json()["error"]["code"]) == (402, "insufficient_funds")
    assert (odd.status_code, odd.json()["error"]["code"]) == (400, "workspace_not_found")
    assert called == ["/a"]
    assert {row["workspace"]["name"]: row["totalCreditsUsed"] for row in usage.json()}["acme"] == 2
