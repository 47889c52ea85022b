"""What spend limits have counted, recounted from the spend rows."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId
from prepaid.domain.limits import unpack
from prepaid.store import tables as t
from prepaid.store.rollups import summed


class LimitSum(NamedTuple):
    """What a limit has counted for a workspace, and the sum of the rows behind its frontier."""

    scope: int
    micros: Micros
    rows: Micros


def limits(connection: Connection, account: AccountId) -> Iterator[LimitSum]:
    """Every workspace that has, or had, a spend limit."""
    w, s = t.spend_window.c, t.spend.c
    query = (
        select(w.scope, w.limit_state)
        .where(w.account_id == account, w.limit_state.is_not(None))
        .order_by(w.scope)
    )
    for scope, packed in connection.execute(query):
        state = unpack(packed)
        assert state is not None, "null was left out"
        rows = select(func.coalesce(summed(s.micros), 0)).where(
            s.account_id == account, s.scope == scope, s.at > state.tail
        )
        yield LimitSum(scope, state.sum, connection.execute(rows).scalar_one())
