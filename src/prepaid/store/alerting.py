"""What accounts want to be told: the stored configuration and workspace overrides."""

import msgspec
from sqlalchemy import Connection, select

from prepaid.domain.alerting import Config
from prepaid.domain.ids import AccountId
from prepaid.store import tables as t

_config = msgspec.json.Decoder(Config)


def config(connection: Connection, account: AccountId) -> Config:
    """The account's configuration; the defaults when it never changed any."""
    c = t.notification_config.c
    query = select(c.config).where(c.account_id == account)
    stored = connection.execute(query).scalar_one_or_none()
    return Config() if stored is None else _config.decode(stored)
