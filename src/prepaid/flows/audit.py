"""The audit log: what people changed, who they were, and what the operator did as an account."""

from collections.abc import Awaitable
from typing import TypeVar

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk
from prepaid.flows.signing_in import Session, digest_of
from prepaid.store import audit, noting, people
from prepaid.store.accounts import AccountRow
from prepaid.store.audit import HOUSE, NO_NUMBER_YET, Kept, Line, Place
from prepaid.store.vault import Connection

__all__ = ["HOUSE", "Kept", "Line", "Place"]

T = TypeVar("T")

SUBJECT_MAX = 500
DETAIL_MAX = 4_000


def line(
    session: Session,
    account: AccountId,
    action: str,
    subject: str = "",
    detail: str = "",
    *,
    ip: str = "",
) -> Line:
    """What a person does, in words: `line(session, account, "key revoked", "pk_Ab12")`.

    Args:
        session: whose.
        account: whose log it is in; `HOUSE` for what the operator changes for everybody.
        action: thing and past participle, such as `tier added`.
        subject: what it was done to; text that people wrote is allowed.
        detail: how it was before and is now. Never a secret.
        ip: of the browser.
    """
    return Line(
        account=account,
        actor=actor_of(session),
        by_operator=session.is_operator,
        action=action,
        subject=subject[:SUBJECT_MAX],
        detail=detail[:DETAIL_MAX],
        ip=ip,
    )


def actor_of(session: Session) -> str:
    """Mail address, `operator`, or `operator as acc_…`."""
    if session.email is not None:
        return session.email
    entered = session.entered_account
    return "operator" if entered is None else f"operator as {ids.account(entered)}"


async def noted(desk: Desk, written: Line, change: Awaitable[T]) -> T:
    """Make a change and keep its line.

    `await noted(desk, line(session, account, "key created"), accounts.create_key(desk, account))`

    In the transaction of the change where it has one of its own, so that neither is without the
    other; what goes through the writer's queue is noted right after it. A change that is refused
    leaves no line.
    """
    with noting.pending(written) as note:
        result = await change
    if not note.is_kept:
        await record(desk, written)
    return result


async def record(desk: Desk, written: Line) -> None:
    """Keep a line of something that has happened."""
    await desk.vault.write(
        lambda connection: audit.add(connection, written, desk.vault.clock(connection))
    )


async def page(
    desk: Desk, account: AccountId, before: int = NO_NUMBER_YET, limit: int = 50
) -> list[Kept]:
    """Lines of an account, newest first, those numbered below `before`."""
    return await desk.vault.read(lambda c: audit.of_account(c, account, before, limit))


async def every(desk: Desk, before: Place | None = None, limit: int = 50) -> list[Kept]:
    """Lines of all accounts and of the house, newest first, those before a place."""
    return await desk.vault.read(lambda c: audit.of_everybody(c, before, limit))


async def enter(desk: Desk, session: Session, account: AccountId, ip: str) -> None:
    """Have the operator see an account as its admin would; its log says so.

    Raises:
        Refusal: `404 not_found`.
    """
    assert session.is_operator, "pages of the operator ask who it is"

    def work(connection: Connection, row: AccountRow) -> None:
        people.enter(connection, digest_of(session.id), row.id)
        audit.add(
            connection,
            line(session, row.id, "account entered", row.name, ip=ip),
            desk.vault.clock(connection),
        )

    await locked(desk, account, work)


async def leave(desk: Desk, session: Session) -> None:
    """Go back to the operator console."""
    assert session.is_operator, "pages of the operator ask who it is"
    digest = digest_of(session.id)
    await desk.vault.write(lambda connection: people.enter(connection, digest, None))
