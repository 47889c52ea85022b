"""Notifications: recorded in the debit's transaction, never pruned."""

from collections.abc import Sequence

from msgspec.structs import asdict
from sqlalchemy import Connection, insert

from prepaid.domain.notifications import Notification
from prepaid.store import tables as t


def add(connection: Connection, fired: Sequence[Notification]) -> None:
    """Record what a batch has fired."""
    values = [asdict(notification) for notification in fired]
    for value in values:
        value["account_id"] = value.pop("account")
    connection.execute(insert(t.notification), values)
