"""Who is admin of what, and the links and sessions with which people come in.

Of tokens and session ids only hashes arrive here.
"""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, delete, exists, insert, select, text, update

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant, Span
from prepaid.domain.people import LINK_LASTS, LINKS_MAX, mailbox
from prepaid.store import tables as t

PRINTED_SLOT = -1


class SessionRow(Struct, frozen=True):
    """A session that has neither ended nor expired."""

    email: str | None  # None: the operator
    entered: AccountId | None
    csrf: bytes
    seen_at: Instant
    expires_at: Instant


class Administered(Struct, frozen=True):
    """An account as its admin may choose it."""

    id: AccountId
    name: str
    closed: bool
    sandbox: bool
    clock_offset: Span  # of its test clock, ahead of the real one


def set_admins(connection: Connection, account: AccountId, addresses: Iterable[str]) -> None:
    """Make these, and nobody else, the admins of an account; in the transaction of `admins`."""
    a = t.account_admin
    connection.execute(delete(a).where(a.c.account_id == account))
    rows = [
        {"account_id": account, "email": email, "address": address}
        for email, address in {mailbox(address): address for address in addresses}.items()
    ]
    if rows:
        connection.execute(insert(a), rows)


class Admin(Struct, frozen=True):
    """An account of an address, and how the operator wrote the address."""

    account: AccountId
    address: str


def admin(connection: Connection, email: str) -> Admin | None:
    """The first account that the address is admin of."""
    a = t.account_admin.c
    query = select(a.account_id, a.address).where(a.email == email).order_by(a.account_id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else Admin(*row)


def administered(
    connection: Connection, email: str, account: AccountId | None = None
) -> list[Administered]:
    """The accounts of an address by name, or only the one asked for."""
    a = t.account_admin.c
    query = (
        select(*_SUMMARY)
        .join(t.account_admin, a.account_id == t.account.c.id)
        .where(a.email == email)
        .order_by(t.account.c.name, t.account.c.id)
    )
    if account is not None:
        query = query.where(a.account_id == account)
    return [Administered(*row) for row in connection.execute(query)]


def summary(connection: Connection, account: AccountId) -> Administered | None:
    """One account, whoever asks."""
    row = connection.execute(select(*_SUMMARY).where(t.account.c.id == account)).one_or_none()
    return None if row is None else Administered(*row)


_SUMMARY = [t.account.c[name] for name in Administered.__struct_fields__]

# A slot is taken only when it is free or its link is too old, whoever else asks at this moment.
_KEEP = text("""
    INSERT INTO sign_in_link (email, slot, hash, created_at, used_at)
    VALUES (:email, :slot, :hash, :now, NULL)
    ON CONFLICT (email, slot) DO UPDATE
    SET hash = excluded.hash, created_at = excluded.created_at, used_at = NULL
    WHERE sign_in_link.created_at <= :old
""")


def keep_mailed(connection: Connection, email: str, digest: bytes, now: Instant) -> bool:
    """Keep a link that is mailed; False when the address has been sent too many."""
    return any(
        _keep(connection, email, slot, digest, now, now - LINK_LASTS) for slot in range(LINKS_MAX)
    )


def keep_printed(connection: Connection, email: str, digest: bytes, now: Instant) -> None:
    """Keep a link that is printed; the one printed before it ends."""
    _keep(connection, email, PRINTED_SLOT, digest, now, now)


def _keep(
    connection: Connection, email: str, slot: int, digest: bytes, now: Instant, old: Instant
) -> bool:
    values = {"email": email, "slot": slot, "hash": digest, "now": now, "old": old}
    return connection.execute(_KEEP, values).rowcount == 1


def use(connection: Connection, digest: bytes, now: Instant) -> str | None:
    """Use a link up; whose it was. None when it is used, too old, or none of ours."""
    c = t.sign_in_link.c
    change = (
        update(t.sign_in_link)
        .where(c.hash == digest, c.used_at.is_(None), c.created_at > now - LINK_LASTS)
        .values(used_at=now)
        .returning(c.email)
    )
    return connection.execute(change).scalar_one_or_none()


def is_usable(connection: Connection, digest: bytes, now: Instant) -> bool:
    """Whether a link could still be used. Looking does not use it."""
    c = t.sign_in_link.c
    found = exists().where(c.hash == digest, c.used_at.is_(None), c.created_at > now - LINK_LASTS)
    return bool(connection.execute(select(found)).scalar_one())


def begin_session(
    connection: Connection, digest: bytes, row: SessionRow, created_at: Instant
) -> None:
    """Keep a new session."""
    connection.execute(
        insert(t.session).values(
            hash=digest,
            email=row.email,
            entered=row.entered,
            csrf=row.csrf,
            created_at=created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )
    )


_s = t.session.c
_SESSION = [_s[name] for name in SessionRow.__struct_fields__]


def session(connection: Connection, digest: bytes, now: Instant) -> SessionRow | None:
    """A session, unless it has ended or expired, or its person is admin of nothing any more."""
    is_admin = exists().where(t.account_admin.c.email == _s.email)
    query = select(*_SESSION).where(
        _s.hash == digest,
        _s.ended_at.is_(None),
        _s.expires_at > now,
        _s.email.is_(None) | is_admin,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else SessionRow(*row)


def seen(connection: Connection, digest: bytes, now: Instant) -> None:
    """Note that a session is in use."""
    connection.execute(update(t.session).where(_s.hash == digest).values(seen_at=now))


def enter(connection: Connection, digest: bytes, account: AccountId | None) -> None:
    """Have the operator's session look at an account as its admin would, or at none."""
    change = update(t.session).where(_s.hash == digest, _s.email.is_(None), _s.ended_at.is_(None))
    connection.execute(change.values(entered=account))


def end(connection: Connection, digest: bytes, now: Instant) -> None:
    """End a session for good."""
    change = update(t.session).where(_s.hash == digest, _s.ended_at.is_(None))
    connection.execute(change.values(ended_at=now))


def prune(connection: Connection, now: Instant, limit: int) -> int:
    """Forget at most `limit` links and as many sessions that cannot be used any more."""
    link = t.sign_in_link.c
    old = select(link.email, link.slot).where(link.created_at <= now - LINK_LASTS).limit(limit)
    gone = connection.execute(old.with_for_update(skip_locked=True)).all()
    for email, slot in gone:
        is_this = (link.email == email, link.slot == slot)
        connection.execute(delete(t.sign_in_link).where(*is_this))
    over = select(_s.hash).where(_s.expires_at <= now).limit(limit)
    hashes = connection.scalars(over.with_for_update(skip_locked=True)).all()
    if hashes:
        connection.execute(delete(t.session).where(_s.hash.in_(hashes)))
    return len(gone) + len(hashes)
