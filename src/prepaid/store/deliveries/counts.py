"""How the deliveries of an endpoint stand, counted up to a limit: its history has no end."""

from msgspec import Struct
from sqlalchemy import Connection, func, literal_column, select

from prepaid.domain.deliveries.delivery import FAILED, SENT
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import message_times

COUNTED_MAX = 10_000

_d = t.delivery.c


class Counts(Struct, frozen=True):
    """Deliveries by where they stand."""

    waiting: int  # at most 10 000
    sent: int  # this and the next: of the newest 10 000
    failed: int
    has_more: bool  # there are older ones


def count(
    connection: Connection, account: AccountId, endpoint: int, since: Instant | None
) -> Counts:
    """Of messages since then; None: of all that are kept."""
    first = 0 if since is None else message_times.first(connection, account, since)
    mine = (_d.account_id == account, _d.endpoint == endpoint)
    walk = select(_d.status).where(*mine, _d.message >= first).order_by(_d.message.desc())
    newest = walk.limit(COUNTED_MAX).subquery()
    by_status = select(newest.c.status, func.count()).group_by(newest.c.status)
    found = {status: int(counted) for status, counted in connection.execute(by_status)}
    return Counts(
        waiting=_waiting(connection, account, endpoint, first),
        sent=found.get(SENT, 0),
        failed=found.get(FAILED, 0),
        has_more=sum(found.values()) == COUNTED_MAX
        and connection.execute(walk.offset(COUNTED_MAX).limit(1)).one_or_none() is not None,
    )


def _waiting(connection: Connection, account: AccountId, endpoint: int, first: int) -> int:
    # In the order of the index of those that wait, and by their number afterwards: asked for both
    # at once, SQLite walks down the numbers of all that has ever been delivered.
    waits = _d.status == literal_column("'waiting'")
    query = select(_d.message).where(_d.account_id == account, _d.endpoint == endpoint, waits)
    some = query.order_by(_d.due_at).limit(COUNTED_MAX).subquery()
    counted = select(func.count()).select_from(some).where(some.c.message >= first)
    found: int = connection.execute(counted).scalar_one()
    return found
