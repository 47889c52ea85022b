"""Notifications: recorded in the debit's transaction with what is to be sent, never pruned."""

from collections.abc import Collection, Sequence
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.notifications import Kind, Notification
from prepaid.store import tables as t
from prepaid.store.deliveries import mails, messages
from prepaid.store.deliveries.mails import NewMail
from prepaid.store.deliveries.messages import NewMessage


def add(connection: Connection, fired: Sequence[Notification], at: Instant) -> None:
    """Record what a batch has fired, a message and mails for the channels that are on.

    Nothing here can refuse: letters are written later, by the worker. `at` is the real clock.
    """
    values = [asdict(notification) for notification in fired]
    for value in values:
        value["account_id"] = value.pop("account")
    connection.execute(insert(t.notification), values)
    sent = [
        NewMessage(one.account, one.event_type, one.payload, one.number)
        for one in fired
        if one.webhook
    ]
    if sent:
        messages.add_all(connection, sent, at)
    written = [
        NewMail(one.account, one.dedup_key, one.event_type, one.payload, one.number)
        for one in fired
        if one.email
    ]
    if written:
        mails.add_all(connection, written, at)


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
    scopes: Collection[int] | None = None,
) -> list[Recorded]:
    """Notifications, newest first, those with a smaller number than `before`.

    Of one kind and of these workspaces (0: the whole account), where those are given.
    """
    n = t.notification.c
    query = (
        select(*_COLUMNS, n.email_sent, n.webhook_sent)
        .where(n.account_id == account, n.number < before)
        .order_by(n.number.desc())
        .limit(limit)
    )
    # They are kept for ever, so each list is a walk down an index, and the lists are put together.
    lists = [query if kind is None else query.where(n.kind == kind)]
    if scopes is not None:
        kinds = get_args(Kind) if kind is None else (kind,)
        lists = [query.where(n.scope == one, n.kind == a) for one in scopes for a in kinds]
    found = [_recorded(tuple(row)) for one in lists for row in connection.execute(one)]
    found.sort(key=lambda one: one.notification.number, reverse=True)
    return found[:limit]


def get(connection: Connection, account: AccountId, number: int) -> Recorded | None:
    """One notification."""
    found = recent(connection, account, before=number + 1, limit=1)
    return found[0] if found and found[0].notification.number == number else None


def _recorded(row: tuple[Any, ...]) -> Recorded:
    return Recorded(Notification(*row[:-2]), *row[-2:])
