"""Mail on its way: one row per recipient, its letter frozen before the first attempt."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, insert, select, update

from prepaid.domain.accounts import Tag
from prepaid.domain.addressees import Addressee
from prepaid.domain.deliveries.delivery import SENT, WAITING, Status
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries import posting

_decode_admins = msgspec.json.Decoder(list[str]).decode


class NewMail(Struct, frozen=True):
    """Something that the admins of an account are told by mail."""

    account: AccountId
    key: str  # unique in the account
    kind: str  # event type, or kind of notice
    facts: bytes  # JSON, what the letter is written from
    notification: int | None = None


class ClaimedMail(Struct, frozen=True):
    """A mail that this process sends now."""

    account: AccountId
    key: str
    recipient: str
    kind: str
    facts: bytes
    created_at: Instant
    made: int  # attempts before this one
    content: bytes | None  # None: its letter is not written yet
    claim: bytes = b""


class MailEnded(Struct, frozen=True):
    """An attempt to send a mail, and what follows from it."""

    mail: ClaimedMail
    outcome: str
    failure: str | None
    code: int | None
    reply: str
    duration_ms: int
    status: Status
    due_at: Instant | None


def add_all(connection: Connection, mails: Sequence[NewMail], at: Instant) -> None:
    """One mail for each admin there is now; `at` is the real clock."""
    accounts = {mail.account for mail in mails}
    query = select(t.account.c.id, t.account.c.admins).where(t.account.c.id.in_(accounts))
    admins = {row.id: _decode_admins(row.admins) for row in connection.execute(query)}
    rows = [
        _new(mail, recipient, at)
        for mail in mails
        for recipient in dict.fromkeys(admins.get(mail.account, ()))
    ]
    if rows:
        connection.execute(insert(t.mail), rows)
        posting.mark(connection)


def add(connection: Connection, mail: NewMail, recipient: str, at: Instant) -> None:
    """One mail to one address; `at` is the real clock."""
    connection.execute(insert(t.mail), [_new(mail, recipient, at)])
    posting.mark(connection)


def _new(mail: NewMail, recipient: str, at: Instant) -> dict[str, object]:
    return {
        "account_id": mail.account,
        "key": mail.key,
        "recipient": recipient,
        "kind": mail.kind,
        "facts": mail.facts,
        "notification": mail.notification,
        "created_at": at,
        "status": WAITING,
        "due_at": at,
        "made": 0,
    }


_c = t.mail.c
_PLACE = (
    _c.account_id == bindparam("a"),
    _c.key == bindparam("k"),
    _c.recipient == bindparam("r"),
)


def claim(
    connection: Connection, now: Instant, until: Instant, claim_id: bytes, limit: int
) -> list[ClaimedMail]:
    """Take at most `limit` due mails until the lease ends, the longest due first."""
    query = (
        select(
            _c.account_id,
            _c.key,
            _c.recipient,
            _c.kind,
            _c.facts,
            _c.created_at,
            _c.made,
            _c.content,
        )
        .where(_c.status == WAITING, _c.due_at <= now)
        .order_by(_c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [ClaimedMail(*row, claim_id) for row in connection.execute(query)]
    if taken:
        change = update(t.mail).where(*_PLACE).values(claim=claim_id, due_at=until)
        connection.execute(change, [_place(mail) for mail in taken])
    return taken


def freeze(connection: Connection, mail: ClaimedMail, content: bytes) -> None:
    """Keep the letter: every attempt sends these bytes."""
    change = update(t.mail).where(*_PLACE, _c.content.is_(None)).values(content=content)
    connection.execute(change, _place(mail))


def record(connection: Connection, ended: Iterable[MailEnded], now: Instant) -> list[MailEnded]:
    """Keep attempts and what follows; those whose claim has passed to another are left out."""
    kept = []
    for one in sorted(ended, key=lambda one: (one.mail.account, one.mail.key, one.mail.recipient)):
        place = _place(one.mail)
        change = (
            update(t.mail)
            .where(*_PLACE, _c.claim == one.mail.claim)
            .values(status=one.status, due_at=one.due_at, made=one.mail.made + 1, claim=None)
            .returning(_c.notification)
        )
        row = connection.execute(change, place).one_or_none()
        if row is None:
            continue
        kept.append(one)
        _keep_attempt(connection, one, now)
        if one.status == SENT and row.notification is not None:
            n = t.notification.c
            flag = update(t.notification).where(
                n.account_id == one.mail.account, n.number == row.notification
            )
            connection.execute(flag.values(email_sent=True))
    return kept


def _keep_attempt(connection: Connection, one: MailEnded, now: Instant) -> None:
    connection.execute(
        insert(t.mail_attempt).values(
            account_id=one.mail.account,
            key=one.mail.key,
            recipient=one.mail.recipient,
            number=one.mail.made + 1,
            at=now,
            outcome=one.outcome,
            failure=one.failure,
            code=one.code,
            reply=one.reply,
            duration_ms=one.duration_ms,
        )
    )


def _place(mail: ClaimedMail) -> dict[str, object]:
    return {"a": mail.account, "k": mail.key, "r": mail.recipient}


def oldest_due(connection: Connection, now: Instant) -> Instant | None:
    """When the mail that waits longest was due."""
    query = select(func.min(_c.due_at)).where(_c.status == WAITING, _c.due_at <= now)
    found: Instant | None = connection.execute(query).scalar_one()
    return found


def addressee(connection: Connection, mail: ClaimedMail, workspace: int | None) -> Addressee:
    """Who gets a mail; the names that its account, and perhaps a workspace, has now."""
    account = mail.account
    name = connection.execute(
        select(t.account.c.name).where(t.account.c.id == account)
    ).scalar_one()
    w = t.workspace.c
    query = select(w.number, w.name, w.legal_name).where(
        w.account_id == account, w.number == workspace, w.archived_at.is_(None)
    )
    row = None if workspace is None else connection.execute(query).one_or_none()
    return Addressee(mail.recipient, account, name, None if row is None else Tag(*row))


def release(connection: Connection, now: Instant) -> None:
    """Make every claimed mail due: nobody but this process works, and it has just begun."""
    change = update(t.mail).where(_c.status == WAITING, _c.claim.is_not(None))
    connection.execute(change.values(due_at=now, claim=None))
