"""How the whole installation fares. Everything is counted up to a limit, never to the end."""

from msgspec import Struct
from sqlalchemy import Connection, Select, func, literal, select, text

from prepaid.domain.deliveries.delivery import WAITING
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t


class Failing(Struct, frozen=True):
    """An endpoint without a success for some time, or switched off for it."""

    account: AccountId
    account_name: str
    endpoint: int
    url: str
    failing_since: Instant | None
    disabled_reason: str | None


class Drifting(Struct, frozen=True):
    """An account whose balance is not the one its newest ledger entry tells."""

    account: AccountId
    name: str
    balance: int
    by_ledger: int


def accounts(connection: Connection, most: int) -> int:
    """How many accounts there are."""
    return _count(connection, select(literal(1)).select_from(t.account), most)


def webhooks_due(connection: Connection, now: Instant, most: int) -> int:
    """Webhooks that should have been tried by now; those whose lease runs are not among them."""
    d, e = t.delivery.c, t.endpoint.c
    query = (
        select(literal(1))
        .select_from(t.delivery)
        .join(t.endpoint, (d.account_id == e.account_id) & (d.endpoint == e.number))
        .where(e.due_at <= now, d.status == WAITING, d.due_at <= now)
    )
    return _count(connection, query, most)


def mails_due(connection: Connection, now: Instant, most: int) -> int:
    """Mails that should have been tried by now."""
    c = t.mail.c
    query = select(literal(1)).select_from(t.mail).where(c.status == WAITING, c.due_at <= now)
    return _count(connection, query, most)


def holds_due(connection: Connection, now: Instant, most: int) -> int:
    """Accounts with holds that have expired and were not given back yet."""
    a = t.account.c
    query = (
        select(literal(1))
        .select_from(t.account)
        .where(a.holds_due.is_not(None), a.holds_due <= now + a.clock_offset)
    )
    return _count(connection, query, most)


def topups(connection: Connection) -> dict[str, int]:
    """Top-ups that have not ended, by state; an account has one at most."""
    status = t.topup.c.status
    # As the partial index says it, so that the index is what is read.
    query = select(status, func.count()).where(text("status IN ('open', 'unknown')"))
    return {row[0]: row[1] for row in connection.execute(query.group_by(status))}


def _count(connection: Connection, query: Select[int], most: int) -> int:
    found: int = connection.execute(
        select(func.count()).select_from(query.limit(most).subquery())
    ).scalar_one()
    return found


def failing(connection: Connection, most: int) -> list[Failing]:
    """Endpoints that fail or were switched off for failing, the longest failing first."""
    e, a = t.endpoint.c, t.account.c
    query = (
        select(e.account_id, a.name, e.number, e.url, e.failing_since, e.disabled_reason)
        .join(t.account, a.id == e.account_id)
        .where(
            e.deleted_at.is_(None),
            e.failing_since.is_not(None) | e.disabled_reason.is_not(None),
        )
        .order_by(e.failing_since.nulls_last(), e.account_id, e.number)
        .limit(most)
    )
    return [Failing(*row) for row in connection.execute(query)]


def drifting(connection: Connection, most: int) -> list[Drifting]:
    """Accounts whose balance differs from the one after their newest entry; looks at `most`."""
    a, e = t.account.c, t.ledger_entry.c
    newest = (
        select(e.balance)
        .where(e.account_id == a.id)
        .order_by(e.seq.desc())
        .limit(1)
        .correlate(t.account)
        .scalar_subquery()
    )
    looked = select(a.id, a.name, a.balance, func.coalesce(newest, 0).label("told"))
    part = looked.order_by(a.id).limit(most).subquery().c
    query = select(part.id, part.name, part.balance, part.told).where(part.balance != part.told)
    return [Drifting(*row) for row in connection.execute(query)]
