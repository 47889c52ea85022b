"""Every table, for both databases."""

from prepaid.store.tables.accounts import account, api_key, legal_name, workspace
from prepaid.store.tables.alerts import notification, notification_config, workspace_override
from prepaid.store.tables.base import metadata
from prepaid.store.tables.ledger import batch, charge, idempotency_key, ledger_entry, usage
from prepaid.store.tables.prices import account_price, price, price_list
from prepaid.store.tables.spend import spend, spend_hour, spend_window

__all__ = [
    "account",
    "account_price",
    "api_key",
    "batch",
    "charge",
    "idempotency_key",
    "ledger_entry",
    "legal_name",
    "metadata",
    "notification",
    "notification_config",
    "price",
    "price_list",
    "spend",
    "spend_hour",
    "spend_window",
    "usage",
    "workspace",
    "workspace_override",
]
