"""Whether the database answers."""

from sqlalchemy import Connection, select

from prepaid.store import tables as t


def ping(connection: Connection) -> str:
    """The kind of database, after it has read a row."""
    connection.execute(select(t.price_list.c.epoch)).scalar_one()
    return connection.dialect.name
