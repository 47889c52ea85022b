"""Pictures of every page for the documentation: `make screenshots`.

A served installation is filled with the same names and amounts each time; only its days are new.
"""

import asyncio
import base64
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from rich.progress import track

from prepaid.store.migrate import upgrade
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.house import Ada, House, opened
from tests.browser.visitor import Visitor

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
CLIENTS = [
    ("northwind", "Northwind Traders SAS", 9.0),
    ("globex", "Globex Société Anonyme", 6.0),
    ("umbrella", "Umbrella Compliance GmbH", 4.0),
    ("initech", "Initech Ltd", 2.5),
]
SKUS = [("fra-company-data", 0.8), ("deu-documents", 1.5), ("ita-graph", 2.2)]
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32"><circle cx="16" cy="16" r="14"'
    b' fill="#1f4e8c"/><path d="M10 22 16 8l6 14" fill="none" stroke="#fff" stroke-width="3"/>'
    b'<text x="38" y="22" font-size="18" fill="#1f4e8c">Acme</text></svg>'
)
SCREENS = {"wide": (1280, 860), "phone": (360, 740)}
SEED = 7


async def fill(house: House) -> Ada:
    """An account with clients, a month of usage, alerts that have rung, and an endpoint."""
    ada = await house.ada("Acme Reselling", credits=4_000)
    for name, legal_name, _ in CLIENTS:
        await ada.ask("POST", "/v2/workspaces", {"name": name, "legalName": legal_name})
    limit = {"cents": 80_000, "period": "calendar_month"}
    await ada.ask("PATCH", "/v2/workspaces/northwind", {"spendLimit": limit})
    await ada.ask(
        "PATCH",
        "/v2/billing/notifications/config",
        {
            "lowBalanceEnabled": True,
            "lowBalanceTiers": [
                {"tier": "warning", "cents": 100_000},
                {"tier": "critical", "cents": 25_000},
            ],
            "highUsageEnabled": True,
            "highUsageTiers": [{"tier": "warning", "cents": 2_500}],
        },
    )
    hook = {"url": f"{house.url}/sandbox/hooks", "description": "Billing service"}
    await ada.ask("POST", "/v2/webhooks/endpoints", hook)
    items = list(usage(ada, random.Random(SEED)))
    for start in range(0, len(items), 1_000):
        batch = {"charges": items[start : start + 1_000]}
        await house.operator("POST", "/v2/operator/charges/batch", batch)
    for name, _, scale in CLIENTS:
        await ada.charge(scale * 3, name)
    await statements(ada)
    await house.operator("POST", "/v2/operator/accounts", {"name": "Bluth & Co", "sandbox": True})
    await house.operator("POST", "/v2/operator/accounts", {"name": "Wayne Enterprises"})
    prices = [{"sku": sku, "credits": price, "description": "A demo"} for sku, price in SKUS]
    await house.operator("PUT", "/v2/operator/prices", {"prices": prices})
    return ada


async def statements(ada: Ada) -> None:
    """Who sends them, and what clients pay."""
    details = {
        "legalName": "Acme Reselling SAS",
        "address": ["12 rue de la Paix", "75002 Paris"],
        "taxId": "FR 12 345678901",
        "tax": {"label": "TVA", "ratePercent": 20},
        "paymentTerms": "Within 30 days",
        "logo": {"type": "svg", "data": base64.b64encode(LOGO).decode()},
    }
    await ada.ask("PATCH", "/v2/billing/statement-settings", details)
    prices = [
        {"markupPercent": 20},
        {"sku": "deu-documents", "pricePerRequest": 1.9},
        {"workspace": "northwind", "pricePerCredit": 1.05},
        {"workspace": "northwind", "sku": "ita-graph", "pricePerRequest": 2.5},
    ]
    await ada.ask("PUT", "/v2/billing/client-prices", {"prices": prices})


def usage(ada: Ada, dice: random.Random) -> Iterator[dict[str, object]]:
    """Charges of 60 days, fewer at weekends."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for days in range(60, 0, -1):
        at = now - timedelta(days=days)
        scale = 0.3 if at.weekday() > 4 else 1.0
        for name, _, share in CLIENTS:
            for sku, price in SKUS:
                credits = round(price * share * scale * dice.uniform(0.3, 1.2), 2)
                yield {
                    "accountId": ada.id,
                    "workspace": name,
                    "sku": sku,
                    "credits": credits,
                    "settle": True,
                    "occurredAt": at.isoformat(),
                }


async def final_statement(ada: Ada) -> str:
    """The id of the last one that a client got."""
    months = await ada.ask("GET", "/v2/billing/statements/months")
    month = next(one["month"] for one in months if one["status"] == "final")
    path = f"/v2/billing/statements?month={month}&workspace=northwind"
    found: str = (await ada.ask("GET", path))["data"][0]["id"]
    return found


async def pages_of(ada: Ada) -> dict[str, str]:
    """Every page with a name for its picture."""
    workspaces = await ada.ask("GET", "/v2/workspaces")
    endpoints = await ada.ask("GET", "/v2/webhooks/endpoints")
    recent = await ada.ask("GET", "/v2/billing/notifications/recent")
    client = next(one["id"] for one in workspaces if one["name"] == "northwind")
    bill = await final_statement(ada)
    below = {
        "overview": "",
        "billing": "/billing",
        "topups": "/billing/topups",
        "workspaces": "/workspaces",
        "workspace": f"/workspaces/{client}",
        "workspace-alerts": f"/workspaces/{client}/alerts",
        "usage": "/usage",
        "notifications": "/notifications",
        "notification": f"/notifications/{recent[0]['id']}",
        "developers": "/developers",
        "request-log": "/developers/requests",
        "webhooks": "/webhooks",
        "webhook": f"/webhooks/{endpoints['data'][0]['id']}",
        "statements": "/statements",
        "statement": f"/statements/{bill}",
        "statement-charges": f"/statements/{bill}/charges?sku=fra-company-data",
        "statement-details": "/statements/settings",
        "client-statements": f"/workspaces/{client}/statements",
        "client-prices": "/statements/prices",
        "client-price": f"/statements/prices/{client}",
        "audit": "/audit",
    }
    return {name: ada.place + path for name, path in below.items()}


def console_of(ada: Ada) -> dict[str, str]:
    """Every page of the operator's console."""
    return {
        "console-accounts": "/operator",
        "console-account": f"/operator/accounts/{ada.id}",
        "console-prices": "/operator/prices",
        "console-health": "/operator/health",
        "console-audit": "/operator/audit",
    }


async def take(browser: Browser, house: House, link: str, pages: dict[str, str]) -> None:
    """A picture of each page on each screen, in light and in dark."""
    async with Visitor.entering(browser, house.url) as visitor:
        await visitor.sign_in(link)
        for name, path in track(pages.items(), description="Pages"):
            await visitor.go(path)
            for screen, (width, height) in SCREENS.items():
                await visitor.page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    await visitor.page.emulate_media(color_scheme=scheme)
                    await visitor.page.wait_for_timeout(250)  # charts follow a frame later
                    file = FOLDER / f"{name}-{screen}-{scheme}.png"
                    await visitor.page.screenshot(path=file)


async def run(house: House) -> None:
    """All of them."""
    ada = await fill(house)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        await take(browser, house, await house.link(None), console_of(ada))
        await take(browser, house, await house.link(ada.email), await pages_of(ada))
        async with Visitor.entering(browser, house.url) as visitor:
            await visitor.go("/dashboard/sign-in")
            await visitor.page.screenshot(path=FOLDER / "sign-in-wide-light.png")
            await visitor.go("/docs#operator_charges-reserve")
            await visitor.page.screenshot(path=FOLDER / "reference-wide-light.png")
        await browser.close()


def main() -> None:
    """Take every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "empty.db"
        upgrade(f"sqlite:///{template}")
        place = Path(folder) / "house"
        place.mkdir()
        with opened(template, place) as house:
            asyncio.run(run(house))


if __name__ == "__main__":
    main()
