"""The desk on its database, with what takes money and what encrypts secrets."""

import secrets
import time

from prepaid.adapters.addresses import AddressRule, rule_of
from prepaid.adapters.seals import Seals as Sealer
from prepaid.adapters.typst_printer import TypstPrinter, check_fonts
from prepaid.flows.deliveries.secrets import Seals
from prepaid.flows.desk import UNSEALED, Desk
from prepaid.flows.topups.payments import Payments
from prepaid.sandbox.payment_ledger import payment_file
from prepaid.sandbox.payments import SandboxPayments
from prepaid.settings import SANDBOX, SettingError, Settings
from prepaid.store.locations import sqlite_path
from prepaid.store.vault import Vault, open_database


def clock() -> int:
    """This machine's time, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def open_desk(settings: Settings) -> Desk:
    """The desk on the database of the settings.

    Raises:
        FileInUse: another process writes the SQLite file.
        SettingError: the networks that webhooks may be sent to are none.
    """
    vault = Vault(open_database(settings.database_url, settings.lanes))
    return Desk(
        vault,
        clock,
        secrets.token_bytes,
        _payments(settings),
        seals=seals_of(settings),
        allows_http=settings.webhook_allow_http,
        refused_address=_rule(settings).refusal,
        sends_mail=bool(settings.smtp_url),
        printer=TypstPrinter(settings.fonts),
    )


def check_printer(settings: Settings) -> None:
    """Try what statements are printed with, before anything is begun.

    Raises:
        SettingError: the folder has no font.
    """
    if not settings.fonts:
        return
    try:
        check_fonts(settings.fonts)
    except ValueError as error:
        raise SettingError(f"PREPAID_FONTS: {error}") from error


def _rule(settings: Settings) -> AddressRule:
    """What webhooks are sent by, so that a URL is refused when it is set already."""
    try:
        return rule_of(settings.webhook_allowed_cidrs)
    except ValueError as error:
        raise SettingError(f"PREPAID_WEBHOOK_ALLOWED_CIDRS: {error}") from error


def seals_of(settings: Settings) -> Seals:
    """What encrypts secrets; commands that meet none need no key."""
    keys = [key for key in (settings.secret_key, settings.secret_key_old) if key]
    return Sealer(*keys) if keys else UNSEALED


def _payments(settings: Settings) -> Payments:
    """Who takes the money: of sandbox accounts always the sandbox."""
    is_sandbox, secret = settings.payments == SANDBOX, settings.stripe_webhook_secret
    ledger = payment_file(settings.sandbox_ledger, sqlite_path(settings.database_url))
    sandbox = SandboxPayments(ledger, secret.encode() if is_sandbox and secret else None)
    if settings.payments != "stripe":
        return Payments(sandbox if is_sandbox else None, sandbox)
    # 13 MiB and a tenth of the start, which only those who use it have to pay.
    from prepaid.adapters.stripe_payments import StripePayments  # noqa: PLC0415

    real = StripePayments(settings.stripe_api_key, secret, api_base=settings.stripe_api_base)
    return Payments(real, sandbox)
