"""`prepaid accounts`: the accounts, their credit and test clocks."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from prepaid.commands import api
from prepaid.commands.api import Api, in_path
from prepaid.commands.console import fail, say
from prepaid.commands.serve import load
from prepaid.commands.tables import show_facts, show_json, show_table
from prepaid.web.account_shapes import AccountPage, AccountShape, ClockShape, CreditShape
from prepaid.web.operator.people import LinkShape
from prepaid.web.shapes import Number

LINKS = "/v2/operator/sign-in-links"
BASE = "/v2/operator/accounts"
PAGE = "200"
NO_FLOOR = "none"
EXPONENT_MAX = 18
DIGITS_MAX = 25  # what arithmetic with decimals keeps exactly, with room

app = typer.Typer(no_args_is_help=True, help="Accounts, their keys and their credit.")

Account = Annotated[str, typer.Argument(help="The account's id, acc_…", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def credits_of(cents: Number) -> Number:
    """Credits of credit cents, exactly."""
    value = Decimal(cents) / 100
    return int(value) if value == value.to_integral_value() else value.normalize()


def decimal_of(text: str, field: str) -> Decimal:
    """The number someone typed, or an end that says what is wrong."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise fail(f"{field} must be a number like 12.5, not {text!r}") from error
    if not value.is_finite() or abs(value.adjusted()) > EXPONENT_MAX or len(text) > DIGITS_MAX:
        raise fail(f"{field} must be a number like 12.5, of ordinary size")
    return value


def _floor(account: AccountShape) -> str:
    floor = account.minimum_balance_cents
    if floor is None:
        return "none: the last request may go below zero"
    return f"{credits_of(floor)} credits"


def _facts(account: AccountShape) -> None:
    show_facts(
        [
            ("id", account.id),
            ("name", account.name),
            ("balance", f"{credits_of(account.balance_cents)} credits"),
            ("minimum balance", _floor(account)),
            ("admins", ", ".join(account.admins) or None),
            ("currency", account.currency),
            ("sandbox", "yes" if account.sandbox else "no"),
            ("state", "closed" if account.closed else "open"),
            ("created", account.created_at),
            ("updated", account.updated_at),
        ]
    )


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who pays", show_default=False)],
    admin: Annotated[list[str] | None, typer.Option(help="Mail address; may be repeated")] = None,
    currency: Annotated[str, typer.Option(help="Of its payments")] = "EUR",
    minimum_balance: Annotated[
        str | None,
        typer.Option(help="Credits no request may go below; without it the last may go below zero"),
    ] = None,
    *,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="With a test clock")] = False,
    json: Json = False,
) -> None:
    """Create an account."""
    floor = None
    if minimum_balance is not None:
        floor = decimal_of(minimum_balance, "--minimum-balance") * 100
    body = {
        "name": name,
        "admins": admin or [],
        "currency": currency,
        "sandbox": sandbox,
        "minimumBalanceCents": floor,
    }
    made = api.run(lambda service: service.ask("POST", BASE, AccountShape, body=body))
    show_json(made) if json else _facts(made)


async def every_account(service: Api, search: str | None) -> list[AccountShape]:
    """Accounts in id order, every page of them."""
    found: list[AccountShape] = []
    cursor = None
    while True:
        query = {"limit": PAGE, "cursor": cursor, "search": search}
        page = await service.ask("GET", BASE, AccountPage, query=query)
        found += page.data
        cursor = page.next_cursor
        if cursor is None:
            return found


@app.command("list")
def list_accounts(
    search: Annotated[str | None, typer.Option(help="Part of the name")] = None,
    *,
    json: Json = False,
) -> None:
    """List every account."""
    found = api.run(lambda service: every_account(service, search))
    if json:
        show_json(found)
        return
    rows = [
        (
            a.id,
            a.name,
            credits_of(a.balance_cents),
            "yes" if a.sandbox else "",
            "closed" if a.closed else "open",
        )
        for a in found
    ]
    show_table(("id", "name", "credits", "sandbox", "state"), rows, numbers=("credits",))


@app.command()
def show(account: Account, *, json: Json = False) -> None:
    """Show one account."""
    path = f"{BASE}/{in_path(account)}"
    found = api.run(lambda service: service.ask("GET", path, AccountShape))
    show_json(found) if json else _facts(found)


# So that a negative amount is an argument and not an unknown option.
@app.command(context_settings={"ignore_unknown_options": True})
def grant(
    account: Account,
    amount: Annotated[str, typer.Argument(help="Credits; negative takes out (a correction)")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger", show_default=False)],
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: run again, it grants nothing twice")
    ] = None,
) -> None:
    """Grant credit to an account, or take it out."""
    body = {"cents": decimal_of(amount, "the amount") * 100, "reason": reason}
    headers = {} if key is None else {"idempotency-key": key}
    path = f"{BASE}/{in_path(account)}/credits"
    made = api.run(
        lambda service: service.ask("POST", path, CreditShape, body=body, headers=headers)
    )
    what = f"{credits_of(made.cents)} credits, balance {credits_of(made.balance_cents)} credits"
    say(f"{made.id}  {what}")


# So that a balance below zero is an argument and not an unknown option.
@app.command(context_settings={"ignore_unknown_options": True})
def set_minimum_balance(
    account: Account,
    balance: Annotated[
        str, typer.Argument(help="Credits no request may go below, or none", show_default=False)
    ],
) -> None:
    """Change what no request may take the balance below."""
    floor = None if balance == NO_FLOOR else decimal_of(balance, "the minimum balance") * 100
    path = f"{BASE}/{in_path(account)}"
    body = {"minimumBalanceCents": floor}
    found = api.run(lambda service: service.ask("PATCH", path, AccountShape, body=body))
    say(f"{found.id}  minimum balance {_floor(found)}")


@app.command()
def close(account: Account) -> None:
    """Close an account: its keys end, open holds may finish."""
    path = f"{BASE}/{in_path(account)}/close"
    found = api.run(lambda service: service.ask("POST", path, AccountShape))
    say(f"{found.id} is closed.")


@app.command()
def reopen(account: Account) -> None:
    """Take a closed account into use again, with its keys."""
    path = f"{BASE}/{in_path(account)}/reopen"
    found = api.run(lambda service: service.ask("POST", path, AccountShape))
    say(f"{found.id} is open.")


@app.command()
def clock(
    account: Account,
    seconds: Annotated[int, typer.Argument(help="How far to move the clock forward", min=0)],
) -> None:
    """Advance the test clock of a sandbox account."""
    path = f"{BASE}/{in_path(account)}/clock"
    body = {"advanceSeconds": seconds}
    found = api.run(lambda service: service.ask("POST", path, ClockShape, body=body))
    say(f"The account's time is {found.now}.")


@app.command()
def link(email: Annotated[str, typer.Argument(help="Of an admin", show_default=False)]) -> None:
    """Make a link that signs an admin in to the dashboard, once and within 15 minutes."""
    body = {"email": email}
    made = api.run(lambda service: service.ask("POST", LINKS, LinkShape, body=body))
    say(load().base_url.rstrip("/") + made.path)
