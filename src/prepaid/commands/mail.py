"""`prepaid mail`: try the mail server."""

import asyncio
import json
import secrets
import time
from typing import Annotated

import typer

from prepaid.adapters.mail import MailResult, MailSender
from prepaid.adapters.mailboxes import is_address
from prepaid.adapters.post_rooms import letter_room
from prepaid.commands.console import fail, say
from prepaid.commands.serve import load
from prepaid.domain.addressees import Addressee
from prepaid.settings import SANDBOX, Settings

app = typer.Typer(no_args_is_help=True, help="Try the mail server.")

Address = Annotated[str, typer.Argument(help="Who gets the mail")]


@app.callback()
def mail() -> None:
    """Try the mail server."""


@app.command("test")
def send_test(address: Address) -> None:
    """Send a test mail, and say what the mail server answers."""
    wanted = load()
    if not wanted.smtp_url:
        raise fail(
            "no mail server is configured; set PREPAID_SMTP_URL, for example to"
            " smtps://user:password@mail.example.com"
        )
    if wanted.smtp_url == SANDBOX:
        raise fail("PREPAID_SMTP_URL is sandbox, which keeps mail in memory; name a mail server")
    if not is_address(address):
        raise fail(f"{address} is not a mail address in ASCII")
    try:
        result = asyncio.run(_send(wanted, address))
    except ValueError as error:
        raise fail(f"PREPAID_SMTP_URL or PREPAID_MAIL_FROM: {error}") from error
    took = f"{result.duration_ms} ms"
    if result.failure is not None:
        code = "" if result.code is None else f" {result.code}"
        raise fail(f"not sent ({result.failure}{code}, {took}): {result.reply}")
    say(f"The mail server has accepted the mail to {address} ({took}): {result.reply}")


async def _send(wanted: Settings, address: str) -> MailResult:
    now = time.time_ns() // 1000
    content = letter_room(wanted.mail_from, wanted.base_url).write(
        "test",
        json.dumps({"at": str(now)}).encode(),
        Addressee(address, None, "this installation"),
        key=f"test-{secrets.token_hex(8)}",
        at=now,
    )
    return await MailSender(wanted.smtp_url, wanted.mail_from).send(content, address)
