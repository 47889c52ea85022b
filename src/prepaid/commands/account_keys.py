"""`prepaid accounts keys`: the API keys of an account."""

from typing import Annotated

import typer

from prepaid.commands import api
from prepaid.commands.accounts import BASE, Account, Json
from prepaid.commands.api import in_path
from prepaid.commands.console import say
from prepaid.commands.tables import show_facts, show_json, show_table
from prepaid.web.account_shapes import KeyList, NewKeyShape
from prepaid.web.shapes import Ok

app = typer.Typer(no_args_is_help=True, help="API keys of an account.")


@app.command("create")
def create_key(
    account: Account,
    name: Annotated[str, typer.Option(help="To tell keys apart")] = "",
    scope: Annotated[str, typer.Option(help="full, or read")] = "full",
    *,
    json: Json = False,
) -> None:
    """Create an API key; it is shown this once."""
    path = f"{BASE}/{in_path(account)}/keys"
    body = {"name": name, "scopes": [scope]}
    made = api.run(lambda service: service.ask("POST", path, NewKeyShape, body=body))
    if json:
        show_json(made)
        return
    show_facts([("id", made.id), ("key", made.key), ("scope", ", ".join(made.scopes))])
    say("Keep the key now: it cannot be shown again.")


@app.command("list")
def list_keys(account: Account, *, json: Json = False) -> None:
    """List the keys of an account, revoked ones too."""
    path = f"{BASE}/{in_path(account)}/keys"
    found = api.run(lambda service: service.ask("GET", path, KeyList)).data
    if json:
        show_json(found)
        return
    headings = ("id", "name", "starts with", "scope", "created", "revoked")
    rows = [(k.id, k.name, k.hint, ", ".join(k.scopes), k.created_at, k.revoked_at) for k in found]
    show_table(headings, rows)


@app.command("revoke")
def revoke_key(
    account: Account,
    key_id: Annotated[str, typer.Argument(help="The key's id, key_…", show_default=False)],
) -> None:
    """Revoke a key: at once, in every process."""
    path = f"{BASE}/{in_path(account)}/keys/{in_path(key_id)}"
    api.run(lambda service: service.ask("DELETE", path, Ok))
    say(f"{key_id} is revoked.")
