"""What is kept for a time only: messages, their deliveries and attempts, and mail.

Notifications, their payloads and their flags stay.
"""

from sqlalchemy import Connection, delete, select, tuple_

from prepaid.domain.instants import Instant
from prepaid.store import tables as t


def prune(connection: Connection, before: Instant, limit: int) -> int:
    """Delete at most `limit` messages and as many mails that are older; how many there were."""
    return _messages(connection, before, limit) + _mails(connection, before, limit)


def _messages(connection: Connection, before: Instant, limit: int) -> int:
    m, e = t.message.c, t.endpoint.c
    query = (
        select(m.account_id, m.number)
        .where(m.created_at < before)
        .order_by(m.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    old = [(row.account_id, row.number) for row in connection.execute(query)]
    if not old:
        return 0
    accounts = {account for account, _ in old}
    ends: dict[int, list[int]] = {account: [] for account in accounts}
    for row in connection.execute(select(e.account_id, e.number).where(e.account_id.in_(accounts))):
        ends[row.account_id].append(row.number)
    # By the whole key, since it has the endpoint before the message.
    keys = [(account, end, number) for account, number in old for end in ends[account]]
    for table in (t.attempt, t.delivery):
        c = table.c
        place = tuple_(c.account_id, c.endpoint, c.message)
        for start in range(0, len(keys), limit):
            part = keys[start : start + limit]
            connection.execute(delete(table).where(place.in_(part)))
    connection.execute(delete(t.message).where(tuple_(m.account_id, m.number).in_(old)))
    return len(old)


def _mails(connection: Connection, before: Instant, limit: int) -> int:
    c, a = t.mail.c, t.mail_attempt.c
    query = (
        select(c.account_id, c.key, c.recipient)
        .where(c.created_at < before)
        .order_by(c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    old = [tuple(row) for row in connection.execute(query)]
    if old:
        place = tuple_(a.account_id, a.key, a.recipient)
        connection.execute(delete(t.mail_attempt).where(place.in_(old)))
        connection.execute(delete(t.mail).where(tuple_(c.account_id, c.key, c.recipient).in_(old)))
    return len(old)
