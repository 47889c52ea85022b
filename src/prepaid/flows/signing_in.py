"""How people come in: a link by mail that works once, then a session that any process knows.

The token of a link and the id of a session are shown to their owner only; hashes are kept.
Addresses that are nobody's are treated alike, so that nobody learns who is a customer.
"""

import base64
import hashlib
import re

from msgspec import Struct

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.people import (
    LINK_LASTS,
    OPERATOR,
    SEEN_EVERY,
    SESSION_LASTS,
    TOKEN_BYTES,
    mailbox,
)
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.flows.deliveries import sealed_mails
from prepaid.flows.desk import Desk
from prepaid.store import people
from prepaid.store.deliveries import mails
from prepaid.store.deliveries.mails import NewMail
from prepaid.store.people import Administered as AccountSummary
from prepaid.store.people import SessionRow
from prepaid.store.vault import Connection

__all__ = ["AccountSummary"]  # what `accounts_of` gives

STEP_MAX = 500
EMAIL_MAX = 254
_EMAIL = re.compile(r"[^\x00-\x20\x7f\s@<>,;:\"\\]+@[^\x00-\x20\x7f\s@<>,;:\"\\]+")


class Session(Struct, frozen=True):
    """Somebody who is signed in."""

    id: str  # secret: whoever has it is this person
    email: str | None  # None: the operator
    is_operator: bool
    entered_account: AccountId | None  # which the operator looks at as its admin would
    csrf: bytes  # what the tokens of its forms are made with
    expires_at: Instant


class LinkSpent(Refusal):
    """The link was used, is too old, or is none of ours: these look alike."""

    def __init__(self) -> None:
        super().__init__("link_spent", "this link was used or is too old; ask for a new one")


class TooManyLinks(Refusal):
    """The address was sent all the links it may be sent for now."""

    def __init__(self) -> None:
        message = f"wait {LINK_LASTS // 60_000_000} minutes before you ask for another link"
        super().__init__("too_many_links", message)


async def ask_link(desk: Desk, email: str) -> None:
    """Mail a link to an admin. For any other address the same happens, but for the mail.

    Raises:
        Refusal: `400 invalid_request`, it is no mail address.
        TooManyLinks: five links were asked for this address within 15 minutes.
    """
    asked = _address(email)
    token = _secret(desk)
    digest = digest_of(token)

    def work(connection: Connection) -> None:
        now = desk.vault.clock(connection)
        if not people.keep_mailed(connection, asked, digest, now):
            raise TooManyLinks
        owner = people.admin(connection, asked)
        account = 0 if owner is None else owner.account
        key = f"{sealed_mails.SIGN_IN}:{digest.hex()}"
        facts = sealed_mails.seal(desk.seals, account, key, {"token": token})
        if owner is not None:
            mail = NewMail(account, key, sealed_mails.SIGN_IN, facts)
            mails.add(connection, mail, owner.address, now)

    await desk.vault.write(work)


async def make_link(desk: Desk, email: str) -> str:
    """The token of a link that somebody is handed; the one made before it for them ends.

    Raises:
        Refusal: `400 invalid_request`, it is no mail address, or that of no admin.
    """
    return await _printed(desk, _address(email))


async def make_operator_link(desk: Desk) -> str:
    """The token of a link to the operator console; the one made before it ends."""
    return await _printed(desk, OPERATOR)


async def _printed(desk: Desk, email: str) -> str:
    token = _secret(desk)

    def work(connection: Connection) -> None:
        if email != OPERATOR and people.admin(connection, email) is None:
            raise invalid("email", "is the address of no admin")
        people.keep_printed(connection, email, digest_of(token), desk.vault.clock(connection))

    await desk.vault.write(work)
    return token


async def link_works(desk: Desk, token: str) -> bool:
    """Whether a link can still be used. Asking does not use it: mail scanners follow links."""
    digest = digest_of(token)
    return await desk.vault.read(
        lambda connection: people.is_usable(connection, digest, desk.vault.clock(connection))
    )


async def use_link(desk: Desk, token: str) -> Session:
    """Sign in. Of many who use a link at once, one does.

    Raises:
        LinkSpent: it does not work any more, or its address is admin of nothing.
    """

    def work(connection: Connection) -> Session:
        now = desk.vault.clock(connection)
        email = people.use(connection, digest_of(token), now)
        if email is None or (email != OPERATOR and people.admin(connection, email) is None):
            raise LinkSpent
        return _begin(desk, connection, email, now)

    return await desk.vault.write(work)


async def operator_session(desk: Desk) -> Session:
    """Sign the operator in, whose key the caller has checked."""
    return await desk.vault.write(
        lambda connection: _begin(desk, connection, OPERATOR, desk.vault.clock(connection))
    )


async def session_of(desk: Desk, session_id: str) -> Session | None:
    """Who this is; None: signed out, too old, admin of nothing any more, or none of ours."""
    digest = digest_of(session_id)

    def work(connection: Connection) -> tuple[SessionRow | None, Instant]:
        now = desk.vault.clock(connection)
        return people.session(connection, digest, now), now

    row, now = await desk.vault.read(work)
    if row is None:
        return None
    if now - row.seen_at >= SEEN_EVERY:
        await desk.vault.write(lambda connection: people.seen(connection, digest, now))
    return _session(session_id, row)


async def accounts_of(desk: Desk, session: Session) -> list[AccountSummary]:
    """What somebody may choose among, by name; of the operator, the account that was entered."""
    if session.email is None:
        entered = session.entered_account
        return [] if entered is None else [await account_for(desk, session, entered)]
    email = session.email
    return await desk.vault.read(lambda connection: people.administered(connection, email))


async def account_for(desk: Desk, session: Session, account: AccountId) -> AccountSummary:
    """The account, if this person may see it now. Closed accounts may be read by their admins.

    Raises:
        Refusal: `404 not_found`, also for an account of somebody else.
    """

    def work(connection: Connection) -> AccountSummary:
        if session.email is not None:
            found = people.administered(connection, session.email, account)
            if found:
                return found[0]
        elif session.entered_account == account:
            entered = people.summary(connection, account)
            if entered is not None:
                return entered
        raise not_found("the account")

    return await desk.vault.read(work)


async def sign_out(desk: Desk, session: Session) -> None:
    """End a session for good, in every process and for everybody who copied its cookie."""
    digest = digest_of(session.id)
    await desk.vault.write(
        lambda connection: people.end(connection, digest, desk.vault.clock(connection))
    )


async def prune(desk: Desk) -> int:
    """Forget links and sessions that have run out; how many, at most a small step."""
    return await desk.vault.write(
        lambda connection: people.prune(connection, desk.vault.clock(connection), STEP_MAX)
    )


def _begin(desk: Desk, connection: Connection, email: str, now: Instant) -> Session:
    session_id = _secret(desk)
    owner = email if email != OPERATOR else None
    row = SessionRow(owner, None, desk.token(TOKEN_BYTES), now, now + SESSION_LASTS)
    people.begin_session(connection, digest_of(session_id), row, now)
    return _session(session_id, row)


def _session(session_id: str, row: SessionRow) -> Session:
    return Session(
        id=session_id,
        email=row.email,
        is_operator=row.email is None,
        entered_account=row.entered,
        csrf=row.csrf,
        expires_at=row.expires_at,
    )


def _secret(desk: Desk) -> str:
    return base64.urlsafe_b64encode(desk.token(TOKEN_BYTES)).decode().rstrip("=")


def digest_of(secret: str) -> bytes:
    """What is kept of a token or an id."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _address(text: str) -> str:
    found = mailbox(text)
    if len(found) > EMAIL_MAX or not found.isprintable() or not _EMAIL.fullmatch(found):
        raise invalid("email", "must be a mail address like ada@example.com")
    return found
