"""What an account's statements are made with: settings and logos."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.statements.settings import Logo, Settings
from prepaid.store import tables as t

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Settings).decode


def get(connection: Connection, account: AccountId) -> Settings:
    """The settings of an account."""
    s = t.statement_settings.c
    body = connection.execute(select(s.rules).where(s.account_id == account)).scalar_one_or_none()
    return Settings() if body is None else _decode(body)


def put(
    connection: Connection,
    account: AccountId,
    settings: Settings,
    *,
    due_at: Instant | None,
    at: Instant,
) -> None:
    """Keep new settings of a locked account."""
    values = {"rules": _encode(settings), "due_at": due_at, "updated_at": at}
    s = t.statement_settings
    change = update(s).where(s.c.account_id == account).values(values)
    if connection.execute(change).rowcount == 0:
        connection.execute(insert(s).values(account_id=account, **values))


class Due(NamedTuple):
    """An account at which the automatic run looks."""

    account: AccountId
    due_at: Instant  # by the account's clock
    now: Instant  # likewise


def put_off(connection: Connection, account: AccountId, due_at: Instant) -> None:
    """Say when the automatic run looks at a locked account again, by the account's clock."""
    s = t.statement_settings
    connection.execute(
        update(s).where(s.c.account_id == account, s.c.due_at.is_not(None)).values(due_at=due_at)
    )


def try_again(connection: Connection, looked: Due, due_at: Instant) -> None:
    """Look at an account later, unless somebody has closed its month or changed it meanwhile."""
    s = t.statement_settings
    connection.execute(
        update(s)
        .where(s.c.account_id == looked.account, s.c.due_at == looked.due_at)
        .values(due_at=due_at)
    )


def due(connection: Connection, now: Instant, limit: int) -> list[Due]:
    """Accounts whose month may be closed, those that wait longest first."""
    s, a = t.statement_settings.c, t.account.c
    query = (
        select(s.account_id, s.due_at, now + a.clock_offset)
        .join_from(t.statement_settings, t.account, a.id == s.account_id)
        .where(s.due_at.is_not(None), s.due_at <= now + a.clock_offset)
        .order_by(s.due_at, s.account_id)
        .limit(limit)
    )
    return [Due(*row) for row in connection.execute(query)]


def add_logo(connection: Connection, account: AccountId, logo: Logo) -> None:
    """Keep a logo of a locked account; one that is there already stays."""
    if get_logo(connection, account, logo.hash) is None:
        connection.execute(
            insert(t.statement_logo).values(
                account_id=account, hash=logo.hash, kind=logo.kind, content=logo.content
            )
        )


def get_logo(connection: Connection, account: AccountId, digest: str) -> Logo | None:
    """A logo, also one that was replaced since."""
    g = t.statement_logo.c
    query = select(g.hash, g.kind, g.content).where(g.account_id == account, g.hash == digest)
    row = connection.execute(query).one_or_none()
    return None if row is None else Logo(*row)
