"""What the admins of an account are to be told by mail, once per key."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, insert, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.topups.state import Notice
from prepaid.store import tables as t
from prepaid.store.deliveries import mails
from prepaid.store.deliveries.mails import NewMail

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


def add(connection: Connection, account: AccountId, notices: Sequence[Notice], at: Instant) -> None:
    """Record them, and a mail to each admin. One with a key that is known says nothing new.

    The account is locked, or what the keys name is; `at` is the real clock.
    """
    wanted = {notice.key: notice for notice in notices}
    if not wanted:
        return
    n = t.notice.c
    known = select(n.key).where(n.account_id == account, n.key.in_(wanted))
    for key in connection.scalars(known):
        del wanted[key]
    for notice in wanted.values():
        connection.execute(
            insert(t.notice).values(
                account_id=account,
                key=notice.key,
                kind=notice.kind,
                at=notice.at,
                facts=_encode(notice.facts).decode(),
            )
        )
    written = [
        NewMail(account, notice.key, notice.kind, _encode(notice.facts))
        for notice in wanted.values()
    ]
    if written:
        mails.add_all(connection, written, at)


def every(connection: Connection, account: AccountId) -> list[Notice]:
    """Every notice of an account, oldest first."""
    n = t.notice.c
    query = select(n.key, n.kind, n.at, n.facts).where(n.account_id == account)
    rows = connection.execute(query.order_by(n.at, n.key))
    return [Notice(row.key, row.kind, row.at, _decode(row.facts)) for row in rows]
