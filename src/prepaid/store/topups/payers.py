"""What accounts want of auto top-up, and the card they pay with. Card numbers never come here."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.topups.caps import AutoTopup, PaymentMethod
from prepaid.domain.topups.state import Standing, Terms, unpack
from prepaid.store import tables as t

_WISHES = ("enabled", "threshold", "amount", "per_day_max", "per_month_max", "failed_at")
_CARD = ("customer", "reference", "brand", "last4", "exp_month", "exp_year")


def terms(connection: Connection, accounts: Collection[AccountId]) -> dict[AccountId, Terms]:
    """The terms of accounts that exist."""
    query = _terms().where(t.account.c.id.in_(accounts))
    return {row.id: _read(row) for row in connection.execute(query)}


def standing(connection: Connection, account: AccountId) -> Standing:
    """What attempts of an account have left behind."""
    query = select(t.account.c.topup).where(t.account.c.id == account)
    return unpack(connection.execute(query).scalar_one_or_none())


def customer(connection: Connection, account: AccountId) -> str | None:
    """The account's reference at the provider; None before its first card."""
    p = t.payer.c
    query = select(p.customer).where(p.account_id == account)
    return connection.execute(query).scalar_one_or_none()


def keep_customer(connection: Connection, account: AccountId, name: str, at: Instant) -> str:
    """Keep a new reference of a locked account; the one that is kept, if it has one already."""
    known = customer(connection, account)
    if known is None:
        values = {"account_id": account, "customer": name, "updated_at": at}
        connection.execute(insert(t.payer).values(values))
    return known or name


def store_auto(connection: Connection, account: AccountId, auto: AutoTopup, at: Instant) -> None:
    """Keep what a locked account wants."""
    table, a = t.auto_topup, t.auto_topup.c
    values = {name: getattr(auto, name) for name in _WISHES} | {"updated_at": at}
    changed = connection.execute(update(table).where(a.account_id == account).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(account_id=account, **values))


def store_method(
    connection: Connection, account: AccountId, method: PaymentMethod | None, at: Instant
) -> None:
    """Keep, or with None forget, the card of a locked account."""
    table, p = t.payer, t.payer.c
    values: dict[str, object] = {"updated_at": at, "reference": None}
    values |= {name: None for name in _CARD if name not in ("customer", "reference")}
    if method is not None:
        values |= {name: getattr(method, name) for name in _CARD}
    changed = connection.execute(update(table).where(p.account_id == account).values(values))
    if changed.rowcount == 0 and method is not None:
        connection.execute(insert(table).values(account_id=account, **values))


def _terms() -> Select[Any]:
    a, u, p = t.account.c, t.auto_topup.c, t.payer.c
    return select(
        a.id,
        a.credit_price,
        a.currency,
        *(u[name] for name in _WISHES),
        *(p[name] for name in _CARD),
        p.updated_at,
    ).select_from(
        t.account.outerjoin(t.auto_topup, a.id == u.account_id).outerjoin(
            t.payer, a.id == p.account_id
        )
    )


def _read(row: Row[Any]) -> Terms:
    auto, method = AutoTopup(), None
    if row.enabled is not None:
        auto = AutoTopup(**{name: getattr(row, name) for name in _WISHES})
    if row.reference is not None:
        card = {name: getattr(row, name) for name in _CARD}
        method = PaymentMethod(**card, updated_at=row.updated_at)
    return Terms(auto, method, row.credit_price, row.currency.lower())
