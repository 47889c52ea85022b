"""Messages and deliveries as their owner looks at them."""

from msgspec import Struct
from sqlalchemy import Connection, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t

_e, _d, _m = t.endpoint.c, t.delivery.c, t.message.c


class MessageRow(Struct, frozen=True):
    """A message."""

    account_id: AccountId
    number: int
    event_type: str
    body: bytes
    created_at: Instant


class DeliveryRow(Struct, frozen=True):
    """A message on its way to one endpoint."""

    endpoint: int
    status: str
    attempts: int
    next_at: Instant | None
    is_claimed: bool  # an attempt is in flight, or was when its worker died


_COLUMNS = [_m[name] for name in MessageRow.__struct_fields__]


def page(
    connection: Connection,
    account: AccountId,
    *,
    before: int,
    limit: int,
    event_types: tuple[str, ...] | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
) -> list[MessageRow]:
    """Messages, newest first, those with a smaller number than `before`."""
    query = (
        select(*_COLUMNS)
        .where(_m.account_id == account, _m.number < before)
        .order_by(_m.number.desc())
        .limit(limit)
    )
    if event_types is not None:
        query = query.where(_m.event_type.in_(event_types))
    if since is not None:
        query = query.where(_m.created_at >= since)
    if until is not None:
        query = query.where(_m.created_at < until)
    return [MessageRow(*row) for row in connection.execute(query)]


def get(connection: Connection, account: AccountId, number: int) -> MessageRow | None:
    """One message."""
    query = select(*_COLUMNS).where(_m.account_id == account, _m.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else MessageRow(*row)


def deliveries(connection: Connection, account: AccountId, message: int) -> list[DeliveryRow]:
    """Where a message goes, by endpoint; those that were deleted not."""
    # Not a join: SQLite would begin it with every delivery of the account.
    ends = select(_e.number).where(_e.account_id == account, _e.deleted_at.is_(None))
    query = (
        select(_d.endpoint, _d.status, _d.attempts, _d.due_at, _d.claim.is_not(None))
        .where(_d.account_id == account, _d.endpoint.in_(ends), _d.message == message)
        .order_by(_d.endpoint)
    )
    return [DeliveryRow(*row) for row in connection.execute(query)]
