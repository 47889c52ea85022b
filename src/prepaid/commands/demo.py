"""`prepaid demo`: a service with an account, keys and prices of its own, ready to be asked."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import typer

from prepaid import assembly
from prepaid.commands import demo_memory, serve
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, make_ready
from prepaid.commands.demo_memory import PRICES, Known
from prepaid.domain import ids
from prepaid.domain.amounts import CREDIT
from prepaid.domain.commands import Configure, Credit
from prepaid.flows import accounts, prices, signing_in, workspaces
from prepaid.flows.deliveries import endpoints
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.flows.desk import Desk
from prepaid.sandbox.receiver import HOOKS
from prepaid.settings import SettingError, Settings
from prepaid.store.locations import shown
from prepaid.store.sqlite.files import FileInUse

FOLDER = Path(".demo")
CREDITS = 1_000
ADMIN = "ops@example.com"

PORT, PORT_MAX = 8_080, 65_535

FIRST_SEEN = "the first charge fell to the first tier: webhook and mail are in the sandbox"
LATER_SEEN = "webhooks and mail that are sent from now on are in the sandbox"
OWN_HOOKS = re.compile(rf"http://127\.0\.0\.1:[0-9]+{re.escape(HOOKS)}")

T = TypeVar("T")
Port = Annotated[int, typer.Option(min=1, max=PORT_MAX, help="Port to listen on")]


class Links(NamedTuple):
    """Where one signs in."""

    dashboard: str
    console: str


def demo(port: Port = PORT) -> None:
    """Start a demonstration in ./.demo; run again, it goes on with the same data."""
    FOLDER.mkdir(exist_ok=True)
    memory = FOLDER / "secrets.json"
    known = demo_memory.remembered(memory)
    wanted = _settings(known, port)
    try:
        serve.check(wanted)
        listening = _listen(wanted)
        mine = demo_memory.own_account(wanted, known)
        make_ready(wanted)
        if mine is None:
            known.account_id, known.api_key = asyncio.run(_at_desk(wanted, _fill))
        else:
            known.account_id, known.api_key = mine, known.made[mine]
            asyncio.run(_at_desk(wanted, partial(_move_hooks, mine)))
        demo_memory.keep(known, memory)
        links = asyncio.run(_at_desk(wanted, _links))
        _explain(wanted, known, links, is_new=mine is None)
        serve.run(wanted, listening=listening)
    except FileInUse as error:
        raise fail(f"{error}; stop the other demo first") from error
    except (SettingError, Stopped) as error:
        raise fail(str(error)) from error


def _listen(wanted: Settings) -> socket.socket:
    """Take the port before anything is made or said that names it."""
    try:
        return serve.listen(wanted)
    except Stopped as error:
        other = wanted.port + 1 if wanted.port < PORT_MAX else PORT
        message = f"{error}; try prepaid demo --port {other}, or make demo PORT={other}"
        raise Stopped(message) from error


def _settings(known: Known, port: int) -> Settings:
    base = serve.load()
    is_named = base.database_url != Settings.database_url
    return replace(
        base,
        database_url=base.database_url if is_named else f"sqlite:///{FOLDER}/prepaid.db",
        operator_key=known.operator_key,
        secret_key=known.secret_key,
        smtp_url=base.smtp_url or assembly.SANDBOX,
        webhook_allow_http=True,
        webhook_allowed_cidrs=f"{base.webhook_allowed_cidrs},127.0.0.1",
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        payments="sandbox",
        sandbox_ledger=str(FOLDER / "payments.jsonl"),
    )


async def _at_desk(wanted: Settings, work: Callable[[Desk, str], Awaitable[T]]) -> T:
    desk = assembly.open_desk(wanted)
    desk.vault.start()
    try:
        return await work(desk, wanted.public_url)
    finally:
        await desk.vault.stop()


async def _links(desk: Desk, base: str) -> Links:
    """New ones at each start: a link works once, and for 15 minutes."""
    admin, operator = (
        await signing_in.make_link(desk, ADMIN),
        await signing_in.make_operator_link(desk),
    )
    return Links(f"{base}/dashboard/sign-in/{admin}", f"{base}/operator/sign-in/{operator}")


async def _move_hooks(name: str, desk: Desk, base: str) -> None:
    """Let the demo's endpoints lead to this start's port: at the old one nobody listens."""
    account = ids.parse_account(name)
    assert account is not None, "kept as it was made"
    for row, _ in await endpoints.every(desk, account):
        if OWN_HOOKS.fullmatch(row.url) and row.url != base + HOOKS:
            await endpoints.change(desk, account, row.number, {"url": base + HOOKS}, None)


async def _fill(desk: Desk, base: str) -> tuple[str, str]:
    """The id of the new account, and its key."""
    hooks = base + HOOKS
    await prices.replace_list(desk, PRICES)
    account = await accounts.create(
        desk,
        name="Demo Reseller",
        admins=(ADMIN,),
        currency="EUR",
        sandbox=True,
        floor=None,
    )
    grant = Credit(account=account.id, amount=CREDITS * CREDIT, reason="Welcome")
    await desk.vault.submit(grant)
    await endpoints.create(
        desk,
        account.id,
        Wish(hooks, "The demo's own receiver", None, False, {}, None, None),  # noqa: FBT003 - a row
    )
    # The first charge falls to the first tier, so that there is something to see at once.
    await desk.vault.submit(Configure(account=account.id, changes={"low_balance_enabled": True}))
    key, _ = await accounts.create_key(desk, account.id, "demo", "full")
    await workspaces.create(desk, account.id, "acme-lyon", "Acme Lyon SARL")
    await workspaces.create(desk, account.id, "globex", "Globex GmbH")
    return ids.account(account.id), key


def _explain(wanted: Settings, known: Known, links: Links, *, is_new: bool) -> None:
    base, seen = wanted.public_url, FIRST_SEEN if is_new else LATER_SEEN
    say(f"""
[bold]Prepaid demo[/]  {base}  (API: {base}/docs)

  account       {known.account_id}   Demo Reseller
  API key       {known.api_key}
  operator key  {known.operator_key}
  data          {shown(wanted.database_url)}

Open in a browser; each link works once, within 15 minutes:

  dashboard     {links.dashboard}
  console       {links.console}

Paste these into another terminal:

  export KEY={known.api_key} OPERATOR={known.operator_key}

  [dim]# 1. the customer creates a workspace for a client[/]
  curl -s {base}/v2/workspaces -H "x-api-key: $KEY" -H 'content-type: application/json' \\
    -d '{{"name": "acme-paris", "legalName": "Acme Paris SAS"}}'

  [dim]# 2. your API charges a request of that client[/]
  curl -s {base}/v2/operator/charges -H "x-operator-key: $OPERATOR" \\
    -H 'content-type: application/json' -H "idempotency-key: $(date +%s%N)" \\
    -d '{{"accountId": "{known.account_id}", "workspace": "acme-paris",
         "sku": "fra-company-data", "settle": true}}'

  [dim]#    or the proxy does it: company data from the register that ships, no code of yours[/]
  curl -s {base}/v2/company -H "x-api-key: $KEY" -H 'content-type: application/json' \\
    -H '{wanted.workspace_header}: acme-paris' \\
    -d '{{"id": "900000008", "countryCode": "FR", "dataPoints": ["company", "shareholders"]}}'

  [dim]# 3. an unknown workspace is refused, and nothing is charged[/]
  curl -s {base}/v2/operator/charges -H "x-operator-key: $OPERATOR" \\
    -H 'content-type: application/json' \\
    -d '{{"accountId": "{known.account_id}", "workspace": "nobody",
         "sku": "fra-company-data"}}'

  [dim]# 4. the customer pulls the usage report, to rebill the client[/]
  curl -s "{base}/v2/workspaces/usage?workspace=acme-paris" -H "x-api-key: $KEY"

  [dim]# 5. {seen}[/]
  [dim]#    open {base}/sandbox[/]

Stop with Ctrl-C.
""")
