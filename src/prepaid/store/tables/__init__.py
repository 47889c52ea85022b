"""Every table, for both databases."""

from prepaid.store.tables.accounts import account, api_key, legal_name, workspace
from prepaid.store.tables.alerts import notification, notification_config, workspace_override
from prepaid.store.tables.base import metadata
from prepaid.store.tables.deliveries import (
    attempt,
    delivery,
    endpoint,
    endpoint_secret,
    mail,
    mail_attempt,
    message,
)
from prepaid.store.tables.ledger import batch, charge, idempotency_key, ledger_entry, usage
from prepaid.store.tables.people import (
    account_admin,
    audit,
    audit_number,
    session,
    sign_in_link,
)
from prepaid.store.tables.prices import account_price, price, price_list
from prepaid.store.tables.proxied import proxied_key, proxied_request, repeat_mark
from prepaid.store.tables.spend import spend, spend_hour, spend_window
from prepaid.store.tables.statements import (
    client_price,
    statement,
    statement_line,
    statement_logo,
    statement_month,
    statement_settings,
)
from prepaid.store.tables.topups import (
    auto_topup,
    notice,
    payer,
    topup,
    topup_correction,
    topup_credit,
    topup_event,
    topup_reversal,
    topup_stray,
)

__all__ = [
    "account",
    "account_admin",
    "account_price",
    "api_key",
    "attempt",
    "audit",
    "audit_number",
    "auto_topup",
    "batch",
    "charge",
    "client_price",
    "delivery",
    "endpoint",
    "endpoint_secret",
    "idempotency_key",
    "ledger_entry",
    "legal_name",
    "mail",
    "mail_attempt",
    "message",
    "metadata",
    "notice",
    "notification",
    "notification_config",
    "payer",
    "price",
    "price_list",
    "proxied_key",
    "proxied_request",
    "repeat_mark",
    "session",
    "sign_in_link",
    "spend",
    "spend_hour",
    "spend_window",
    "statement",
    "statement_line",
    "statement_logo",
    "statement_month",
    "statement_settings",
    "topup",
    "topup_correction",
    "topup_credit",
    "topup_event",
    "topup_reversal",
    "topup_stray",
    "usage",
    "workspace",
    "workspace_override",
]
