"""Notifications: recorded in the debit's transaction, never pruned."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select

from prepaid.domain.ids import AccountId
from prepaid.domain.notifications import Notification
from prepaid.store import tables as t


def add(connection: Connection, fired: Sequence[Notification]) -> None:
    """Record what a batch has fired."""
    values = [asdict(notification) for notification in fired]
    for value in values:
        value["account_id"] = value.pop("account")
    connection.execute(insert(t.notification), values)


class Recorded(Struct, frozen=True):
    """A notification as it is listed."""

    notification: Notification
    email_sent: bool
    webhook_sent: bool


_COLUMNS = [
    t.notification.c["account_id" if name == "account" else name]
    for name in Notification.__struct_fields__
]


def recent(
    connection: Connection,
    account: AccountId,
    *,
    before: int,
    limit: int,
    kind: str | None = None,
    scope: int | None = None,
) -> list[Recorded]:
    """Notifications, newest first, those with a smaller number than `before`."""
    n = t.notification.c
    query = (
        select(*_COLUMNS, n.email_sent, n.webhook_sent)
        .where(n.account_id == account, n.number < before)
        .order_by(n.number.desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(n.kind == kind)
    if scope is not None:
        query = query.where(n.scope == scope)
    return [_recorded(tuple(row)) for row in connection.execute(query)]


def get(connection: Connection, account: AccountId, number: int) -> Recorded | None:
    """One notification."""
    found = recent(connection, account, before=number + 1, limit=1)
    return found[0] if found and found[0].notification.number == number else None


def _recorded(row: tuple[Any, ...]) -> Recorded:
    return Recorded(Notification(*row[:-2]), *row[-2:])
