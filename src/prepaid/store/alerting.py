"""What accounts want to be told: the stored configuration and workspace overrides."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from prepaid.domain.alerting import Config, Override
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.store import tables as t

_config = msgspec.json.Decoder(Config)
_override = msgspec.json.Decoder(Override)
_encode = msgspec.json.Encoder().encode


class OverrideRow(Struct, frozen=True):
    """One workspace's own rules, and when they were made and changed."""

    rules: Override
    created_at: Instant
    updated_at: Instant


def config(connection: Connection, account: AccountId) -> Config:
    """The account's configuration; the defaults when it never changed any."""
    c = t.notification_config.c
    query = select(c.config).where(c.account_id == account)
    stored = connection.execute(query).scalar_one_or_none()
    return Config() if stored is None else _config.decode(stored)


def store_config(connection: Connection, account: AccountId, value: Config, at: Instant) -> None:
    """Keep the configuration of a locked account."""
    table, c = t.notification_config, t.notification_config.c
    values = {"config": _encode(value), "updated_at": at}
    changed = connection.execute(update(table).where(c.account_id == account).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(account_id=account, **values))


def override(
    connection: Connection, account: AccountId, number: WorkspaceNumber
) -> OverrideRow | None:
    """One workspace's own rules; None when it inherits everything."""
    o = t.workspace_override.c
    query = select(o.rules, o.created_at, o.updated_at).where(
        o.account_id == account, o.number == number
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return OverrideRow(_override.decode(row.rules), row.created_at, row.updated_at)


def overrides(connection: Connection, account: AccountId) -> dict[WorkspaceNumber, Override]:
    """Every workspace's own rules."""
    o = t.workspace_override.c
    query = select(o.number, o.rules).where(o.account_id == account)
    return {row.number: _override.decode(row.rules) for row in connection.execute(query)}


def store_override(
    connection: Connection,
    account: AccountId,
    number: WorkspaceNumber,
    value: Override | None,
    at: Instant,
) -> None:
    """Keep, or with None remove, a workspace's own rules in a locked account."""
    table, o = t.workspace_override, t.workspace_override.c
    place = (o.account_id == account) & (o.number == number)
    if value is None:
        connection.execute(delete(table).where(place))
        return
    values = {"rules": _encode(value), "updated_at": at}
    changed = connection.execute(update(table).where(place).values(values))
    if changed.rowcount == 0:
        connection.execute(
            insert(table).values(account_id=account, number=number, created_at=at, **values)
        )
