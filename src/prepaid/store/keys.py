"""API keys: only their SHA-256 is kept."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t


class KeyRow(Struct, frozen=True):
    """A key as lists show it."""

    account_id: AccountId
    number: int
    hint: str  # how the key begins
    name: str
    scope: str  # full or read
    created_at: Instant
    revoked_at: Instant | None


_COLUMNS = [t.api_key.c[name] for name in KeyRow.__struct_fields__]


def add(connection: Connection, row: KeyRow, digest: bytes) -> None:
    """Keep a new key by its hash."""
    values = {name: getattr(row, name) for name in KeyRow.__struct_fields__}
    connection.execute(insert(t.api_key).values(**values, hash=digest))


def every(connection: Connection, account: AccountId) -> list[KeyRow]:
    """Every key of an account, revoked ones too, oldest first."""
    k = t.api_key.c
    query = select(*_COLUMNS).where(k.account_id == account).order_by(k.number)
    return [KeyRow(*row) for row in connection.execute(query)]


def find(connection: Connection, digest: bytes) -> KeyRow | None:
    """The key with this hash, revoked or not: one of the few look-ups across accounts."""
    query = select(*_COLUMNS).where(t.api_key.c.hash == digest)
    row = connection.execute(query).one_or_none()
    return None if row is None else KeyRow(*row)


def find_number(connection: Connection, account: AccountId, number: int) -> KeyRow | None:
    """One key of an account, revoked or not."""
    k = t.api_key.c
    query = select(*_COLUMNS).where(k.account_id == account, k.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else KeyRow(*row)


def revoke(connection: Connection, account: AccountId, number: int, at: Instant) -> bool:
    """End a key; False when there is none. One that has ended keeps its time."""
    k = t.api_key.c
    place = (k.account_id == account) & (k.number == number)
    connection.execute(update(t.api_key).where(place, k.revoked_at.is_(None)).values(revoked_at=at))
    return connection.execute(select(k.number).where(place)).one_or_none() is not None
