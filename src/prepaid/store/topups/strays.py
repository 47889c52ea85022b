"""Refunds and disputes of a payment that no attempt knows yet: its answer was lost, or is late.

Kept until an attempt learns of the payment; most belong to other sellers' payments and are pruned.
"""

from typing import Literal

from msgspec import Struct, structs
from sqlalchemy import Connection, delete, select, text

from prepaid.domain.ids import Owned
from prepaid.domain.instants import Instant
from prepaid.store import tables as t

Cause = Literal["refund", "dispute"]


class Stray(Struct, frozen=True):
    """One refund or dispute."""

    payment: str
    reference: str
    cause: Cause
    price: int  # minor units of `currency`
    currency: str
    at: Instant  # when it was reported
    undone: bool = False  # it failed, or was won


_FIELDS = Stray.__struct_fields__
# Two processes may be told at once; SQLAlchemy has no word for this that both databases take.
_ADD = text(
    f"INSERT INTO topup_stray ({', '.join(_FIELDS)})"
    f" VALUES ({', '.join(f':{name}' for name in _FIELDS)})"
    " ON CONFLICT (payment, reference) DO UPDATE"
    " SET undone = topup_stray.undone OR excluded.undone"
)


def add(connection: Connection, stray: Stray) -> None:
    """Keep it; reported twice, it is kept once, and what was undone once stays undone."""
    connection.execute(_ADD, structs.asdict(stray))


def known(connection: Connection, limit: int) -> list[tuple[Stray, Owned]]:
    """Those whose attempt is known by now."""
    s, p = t.topup_stray.c, t.topup.c
    query = (
        select(*(s[name] for name in _FIELDS), p.account_id, p.number)
        .join_from(t.topup_stray, t.topup, s.payment == p.payment)
        .limit(limit)
    )
    return [(Stray(*row[:-2]), Owned(*row[-2:])) for row in connection.execute(query)]


def drop(connection: Connection, stray: Stray) -> None:
    """It has been taken up. If it was undone meanwhile, that is still to be taken up."""
    s = t.topup_stray.c
    same = (s.payment == stray.payment) & (s.reference == stray.reference)
    place = same & (s.undone == stray.undone)
    connection.execute(delete(t.topup_stray).where(place))


def prune(connection: Connection, before: Instant) -> None:
    """Forget those nobody asked about for long."""
    connection.execute(delete(t.topup_stray).where(t.topup_stray.c.at < before))
