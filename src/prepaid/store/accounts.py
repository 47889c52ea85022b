"""Accounts: their facts, and the lock that every transaction takes before it writes their rows."""

import json
from collections.abc import Collection
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, insert, select, update

from prepaid.domain.amounts import Micros
from prepaid.domain.entries import CHAIN_START
from prepaid.domain.ids import DEFAULT, AccountId, Seq
from prepaid.domain.instants import Instant, Span
from prepaid.store import people
from prepaid.store import tables as t

DEFAULT_NAME = "default"


class AccountRow(Struct, frozen=True):
    """An account as people see it."""

    id: AccountId
    name: str
    admins: tuple[str, ...]
    currency: str
    sandbox: bool
    credit_price: int  # minor units of the currency per credit
    floor: Micros | None
    balance: Micros
    seq: Seq
    at: Instant  # of the last batch, by the account's clock
    closed: bool
    clock_offset: Span
    holds_due: Instant | None
    created_at: Instant
    updated_at: Instant

    def time(self, clock: Instant) -> Instant:
        """The account's time when the clock says `clock`: it never goes back."""
        return max(clock + self.clock_offset, self.at)


_COLUMNS = [t.account.c[name] for name in AccountRow.__struct_fields__]


def _row(row: Row[Any]) -> AccountRow:
    values = dict(zip(AccountRow.__struct_fields__, row, strict=True))
    values["admins"] = tuple(json.loads(values["admins"]))
    return AccountRow(**values)


def create(connection: Connection, row: AccountRow) -> None:
    """Add an account with its `default` workspace, whose legal name is the account's."""
    at = row.created_at
    connection.execute(
        insert(t.account).values(
            id=row.id,
            name=row.name,
            admins=json.dumps(row.admins),
            currency=row.currency,
            sandbox=row.sandbox,
            credit_price=row.credit_price,
            floor=row.floor,
            chain=CHAIN_START,
            created_at=at,
            updated_at=at,
        )
    )
    people.set_admins(connection, row.id, row.admins)
    place = {"account_id": row.id, "number": DEFAULT, "version": 1, "legal_name": row.name}
    connection.execute(insert(t.legal_name).values(place))
    connection.execute(
        insert(t.workspace).values(**place, name=DEFAULT_NAME, created_at=at, updated_at=at)
    )


def every() -> Select[Any]:
    """The query for accounts, to be narrowed; `rows` runs it."""
    return select(*_COLUMNS)


def rows(connection: Connection, query: Select[Any]) -> list[AccountRow]:
    """The accounts that a query made of `every` finds."""
    return [_row(row) for row in connection.execute(query)]


def get(connection: Connection, account: AccountId) -> AccountRow | None:
    """One account."""
    row = connection.execute(select(*_COLUMNS).where(t.account.c.id == account)).one_or_none()
    return None if row is None else _row(row)


def those_of(connection: Connection, wanted: Collection[AccountId]) -> list[AccountId]:
    """Which of these there are."""
    query = select(t.account.c.id).where(t.account.c.id.in_(wanted))
    return list(connection.scalars(query))


def page(
    connection: Connection, after: AccountId, limit: int, search: str | None = None
) -> list[AccountRow]:
    """Accounts in id order, those after `after`, at most `limit`."""
    query = every().where(t.account.c.id > after).order_by(t.account.c.id).limit(limit)
    if search:
        query = query.where(t.account.c.name.icontains(search, autoescape=True))
    return rows(connection, query)


def lock(connection: Connection, account: AccountId) -> AccountRow | None:
    """Lock the account's row, so that what follows stands in the account's order."""
    query = select(*_COLUMNS).where(t.account.c.id == account).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(row)


def change(
    connection: Connection, account: AccountId, values: dict[str, object], at: Instant
) -> None:
    """Set columns of a locked account, and raise its epoch so that every process looks again."""
    admins = values.get("admins")
    if isinstance(admins, tuple):
        people.set_admins(connection, account, admins)
        values = values | {"admins": json.dumps(admins)}
    connection.execute(
        update(t.account)
        .where(t.account.c.id == account)
        .values(**values, updated_at=at, epoch=t.account.c.epoch + 1)
    )


def next_number(connection: Connection, account: AccountId, kind: str) -> int:
    """The next number for a workspace (`workspaces`) or key (`keys`); never given twice."""
    column = t.account.c[kind]
    connection.execute(
        update(t.account).where(t.account.c.id == account).values({kind: column + 1})
    )
    number: int = connection.execute(select(column).where(t.account.c.id == account)).scalar_one()
    return number


def due(connection: Connection, now: Instant, limit: int) -> list[AccountId]:
    """Accounts with holds that have expired, for the sweeper."""
    a = t.account.c
    query = (
        select(a.id)
        .where(a.holds_due.is_not(None), a.holds_due <= now + a.clock_offset)
        .limit(limit)
    )
    return list(connection.scalars(query))
