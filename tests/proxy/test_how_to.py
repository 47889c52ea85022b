"""Every example of docs/how-to runs as it stands there."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY
from tests.kit.upstream import upstream
from tests.web.service import running

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
OPERATOR = {"x-operator-key": OPERATOR_KEY}


def blocks(name: str, language: str) -> str:
    """The code of a page, as one text."""
    text = (HOW_TO / name).read_text("utf-8")
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def prepared(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Customers and the environment that the examples read; the account that has credit."""
    with httpx.Client(base_url=url, headers=OPERATOR, timeout=60) as operator:

        def post(path: str, **body: object) -> Any:
            return operator.post("/v2/operator" + path, json=body).raise_for_status().json()

        rich, poor = (post("/accounts", name=name)["id"] for name in ("rich", "poor"))
        post(f"/accounts/{rich}/credits", cents=10_000, reason="a grant")
        keys = [post(f"/accounts/{who}/keys")["key"] for who in (rich, poor)]
        prices = {"prices": [{"sku": "report", "credits": 2}, {"sku": "page", "credits": 0.01}]}
        operator.put("/v2/operator/prices", json=prices).raise_for_status()
        operator.post(
            "/v2/workspaces",
            headers={"x-api-key": keys[0]},
            json={"name": "acme", "legalName": "Acme"},
        ).raise_for_status()
    names = ("PREPAID_URL", "PREPAID_OPERATOR_KEY", "API_KEY", "EMPTY_KEY")
    for name, value in zip(names, (url, OPERATOR_KEY, *keys), strict=True):
        monkeypatch.setenv(name, value)
    return str(keys[0])


def balance(url: str, key: str) -> int:
    """Credit cents."""
    answer = httpx.get(url + "/v2/billing/balance", headers={"x-api-key": key}, timeout=60)
    found: int = answer.json()["balanceInCreditCents"]
    return found


def test_charge_from_python(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(database_url) as url:
        key = prepared(url, monkeypatch)
        exec(blocks("charge-from-python.md", "python"), {"__name__": "example"})

        assert capsys.readouterr().out == "settled 200\n402 insufficient_funds\n"
        assert balance(url, key) == 10_000 - 200 - 3 - 200


async def test_a_fastapi_application_is_metered(
    migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(migrated_sqlite_url) as url:
        key = prepared(url, monkeypatch)
        names: dict[str, Any] = {"__name__": "example"}
        exec(blocks("meter-a-fastapi-app.md", "python"), names)
        transport = httpx.ASGITransport(names["app"], raise_app_exceptions=False)
        asked = {"x-api-key": key, "x-topograph-workspace-id": "acme"}
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            good = await client.get("/reports/7", headers=asked)
            missing = await client.get("/reports/0", headers=asked)
            free = await client.get("/openapi.json")
            asked_by_browser = await client.options("/reports/7")
            nobody = await client.get("/reports/7")
            stranger = await client.get("/reports/7", headers={"x-api-key": "pk_wrong"})
            odd = await client.get("/reports/7", headers=asked | {"x-topograph-workspace-id": "x"})

        told = [r.status_code for r in (good, missing, free, nobody, stranger, odd)]
        assert told == [200, 404, 200, 401, 401, 400]
        assert asked_by_browser.status_code == 405  # the application's own answer
        assert good.json() == {"number": 7}
        assert stranger.json()["error"]["code"] == "unauthorized"
        assert balance(url, key) == 10_000 - 200
        async with httpx.AsyncClient(base_url=url) as client:
            used = await client.get("/v2/workspaces/usage", headers={"x-api-key": key})
        spent = {row["workspace"]["name"]: row["totalCreditsUsed"] for row in used.json()}
        assert spent["acme"] == 2


async def test_the_proxy_before_an_api(
    migrated_sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with upstream() as far:
        routes = tmp_path / "routes.toml"
        text = blocks("put-the-proxy-before-your-api.md", "toml")
        routes.write_text(text.replace("http://127.0.0.1:9000", far.url), "utf-8")

        def ask() -> int:
            with served(migrated_sqlite_url, PREPAID_ROUTES=str(routes)) as server:
                key = prepared(server.url, monkeypatch)
                example = blocks("put-the-proxy-before-your-api.md", "python")
                exec(example, {"__name__": "example"})
                return balance(server.url, key)

        assert await asyncio.to_thread(ask) == 10_000 - 200
        assert capsys.readouterr().out == "acme\n"
        assert far.asked[0].headers["authorization"] == "Bearer my-own-key"


def test_every_page_is_tried() -> None:
    assert {page.name for page in HOW_TO.glob("*.md")} >= {
        "charge-from-python.md",
        "meter-a-fastapi-app.md",
        "put-the-proxy-before-your-api.md",
    }
