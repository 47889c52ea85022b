"""The price list, and own prices of single accounts."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, delete, insert, select, update

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.store import tables as t


class Price(Struct, frozen=True):
    """What one unit of a SKU costs."""

    sku: str
    micros: Micros
    unit: str = "request"
    description: str = ""


def listed(connection: Connection) -> list[Price]:
    """The whole list, by SKU."""
    p = t.price.c
    query = select(p.sku, p.micros, p.unit, p.description).order_by(p.sku)
    return [Price(*row) for row in connection.execute(query)]


def lock_list(connection: Connection) -> None:
    """Let one writer of the list come after the other; every process looks at the list again."""
    connection.execute(update(t.price_list).values(epoch=t.price_list.c.epoch + 1))


def replace_list(connection: Connection, prices: Sequence[Price]) -> None:
    """Put a new list in place of the old, which is locked."""
    connection.execute(delete(t.price))
    if prices:
        connection.execute(insert(t.price), [asdict(price) for price in prices])


def of(connection: Connection, account: AccountId, skus: Sequence[str]) -> dict[str, Micros | None]:
    """What SKUs cost an account: its own price, else the list's; None: there is none."""
    p, a = t.price.c, t.account_price.c
    found: dict[str, Micros | None] = dict.fromkeys(skus)
    listed = select(p.sku, p.micros).where(p.sku.in_(skus))
    mine = select(a.sku, a.micros).where(a.account_id == account, a.sku.in_(skus))
    for query in (listed, mine):
        found |= {row.sku: row.micros for row in connection.execute(query)}
    return found


def own(connection: Connection, account: AccountId) -> list[Price]:
    """The own prices of an account, by SKU."""
    a = t.account_price.c
    query = (
        select(a.sku, a.micros, a.unit, a.description)
        .where(a.account_id == account)
        .order_by(a.sku)
    )
    return [Price(*row) for row in connection.execute(query)]


def replace_own(connection: Connection, account: AccountId, prices: Sequence[Price]) -> None:
    """Put new own prices in place of the old ones of a locked account."""
    connection.execute(delete(t.account_price).where(t.account_price.c.account_id == account))
    if prices:
        rows = [{"account_id": account, **asdict(price)} for price in prices]
        connection.execute(insert(t.account_price), rows)
