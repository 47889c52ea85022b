"""`prepaid demo`: a service with an account, keys and prices of its own, ready to be asked."""

import asyncio
import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from prepaid import assembly
from prepaid.commands import serve
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, make_ready
from prepaid.domain import ids
from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Credit
from prepaid.flows import accounts, prices, workspaces
from prepaid.flows.desk import Desk
from prepaid.settings import Settings
from prepaid.store.prices import Price
from prepaid.store.sqlite import FileInUse

FOLDER = Path(".demo")
CREDITS = 1_000
PRICES = [
    Price("fra-company-data", 500_000, "request", "Company data of a French company"),
    Price("deu-company-data", 750_000, "request", "Company data of a German company"),
    Price("fra-shareholders", 1_250_000, "request", "Shareholders of a French company"),
]

Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on")]


def demo(port: Port = 8080) -> None:
    """Start a demonstration in ./.demo; run again, it goes on with the same data."""
    FOLDER.mkdir(exist_ok=True)
    secrets_file = FOLDER / "secrets.json"
    known = json.loads(secrets_file.read_text("utf-8")) if secrets_file.exists() else {}
    known.setdefault("operator_key", secrets.token_urlsafe(24))
    wanted = _settings(known, port)
    try:
        make_ready(wanted)
        if known.get("database_url") != wanted.database_url:
            known |= {"database_url": wanted.database_url} | asyncio.run(_seed(wanted))
        secrets_file.touch(mode=0o600)
        secrets_file.write_text(json.dumps(known, indent=2), "utf-8")
        _explain(wanted, known)
        serve.run(wanted)
    except FileInUse as error:
        raise fail(f"{error}; stop the other demo first") from error
    except Stopped as error:
        raise fail(str(error)) from error


def _settings(known: dict[str, str], port: int) -> Settings:
    base = serve.load()
    is_named = base.database_url != Settings.database_url
    return replace(
        base,
        database_url=base.database_url if is_named else f"sqlite:///{FOLDER}/prepaid.db",
        operator_key=known["operator_key"],
        port=port,
        public_url=f"http://127.0.0.1:{port}",
    )


async def _seed(wanted: Settings) -> dict[str, str]:
    desk = assembly.open_desk(wanted)
    desk.vault.start()
    try:
        return await _fill(desk)
    finally:
        await desk.vault.stop()


async def _fill(desk: Desk) -> dict[str, str]:
    await prices.replace_list(desk, PRICES)
    account = await accounts.create(
        desk,
        name="Demo Reseller",
        admins=("ops@example.com",),
        currency="EUR",
        sandbox=True,
        floor=None,
    )
    grant = Credit(account=account.id, amount=CREDITS * CREDIT, reason="Welcome")
    await desk.vault.submit(grant)
    key, _ = await accounts.create_key(desk, account.id, "demo", "full")
    await workspaces.create(desk, account.id, "acme-lyon", "Acme Lyon SARL")
    await workspaces.create(desk, account.id, "globex", "Globex GmbH")
    return {"account_id": ids.account(account.id), "api_key": key}


def _explain(wanted: Settings, known: dict[str, str]) -> None:
    base = wanted.public_url
    say(f"""
[bold]Prepaid demo[/]  {base}  (API: {base}/docs)

  account       {known["account_id"]}   Demo Reseller, {CREDITS} credits
  API key       {known["api_key"]}
  operator key  {known["operator_key"]}
  data          {known["database_url"]}

Paste these into another terminal:

  export KEY={known["api_key"]} OPERATOR={known["operator_key"]}

  [dim]# 1. the customer creates a workspace for a client[/]
  curl -s {base}/v2/workspaces -H "x-api-key: $KEY" -H 'content-type: application/json' \\
    -d '{{"name": "acme-paris", "legalName": "Acme Paris SAS"}}'

  [dim]# 2. your API charges a request of that client[/]
  curl -s {base}/v2/operator/charges -H "x-operator-key: $OPERATOR" \\
    -H 'content-type: application/json' -H "idempotency-key: $RANDOM" \\
    -d '{{"accountId": "{known["account_id"]}", "workspace": "acme-paris",
         "sku": "fra-company-data", "settle": true}}'

  [dim]# 3. an unknown workspace is refused, and nothing is charged[/]
  curl -s {base}/v2/operator/charges -H "x-operator-key: $OPERATOR" \\
    -H 'content-type: application/json' \\
    -d '{{"accountId": "{known["account_id"]}", "workspace": "nobody",
         "sku": "fra-company-data"}}'

  [dim]# 4. the customer pulls the usage report, to rebill the client[/]
  curl -s "{base}/v2/workspaces/usage?workspace=acme-paris" -H "x-api-key: $KEY"

Stop with Ctrl-C.
""")
