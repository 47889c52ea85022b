"""The audit log: what people changed, one line each, numbered without gaps; never rewritten."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select, text, tuple_

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store import tables as t

HOUSE: AccountId = 0  # stands for no account: what the operator changes for everybody
NO_NUMBER_YET = 2**62


class Line(Struct, frozen=True):
    """What a person did."""

    account: AccountId
    actor: str  # mail address, `operator` or `operator as acc_…`
    by_operator: bool
    action: str  # words such as `tier added`
    subject: str  # what it was done to
    detail: str  # how it was before and is now
    ip: str


class Kept(Struct, frozen=True):
    """A line of the log."""

    line: Line
    number: int
    at: Instant  # by the real clock


_NEXT = text("""
    INSERT INTO audit_number (account_id, number) VALUES (:account, 1)
    ON CONFLICT (account_id) DO UPDATE SET number = audit_number.number + 1
    RETURNING number
""")


def add(connection: Connection, line: Line, at: Instant) -> int:
    """Add a line; its number in the account."""
    number: int = connection.execute(_NEXT, {"account": line.account}).scalar_one()
    connection.execute(
        insert(t.audit).values(
            account_id=line.account,
            number=number,
            at=at,
            actor=line.actor,
            by_operator=line.by_operator,
            action=line.action,
            subject=line.subject,
            detail=line.detail,
            ip=line.ip,
        )
    )
    return number


_c = t.audit.c
_LINE = [_c[name] for name in ("account_id", *Line.__struct_fields__[1:])]
_COLUMNS = [*_LINE, _c.number, _c.at]


def of_account(connection: Connection, account: AccountId, before: int, limit: int) -> list[Kept]:
    """Lines of an account, newest first, those numbered below `before`."""
    query = (
        select(*_COLUMNS)
        .where(_c.account_id == account, _c.number < before)
        .order_by(_c.number.desc())
        .limit(limit)
    )
    return [Kept(Line(*row[:-2]), *row[-2:]) for row in connection.execute(query)]


class Place(Struct, frozen=True):
    """Where a page of the whole log ends."""

    at: Instant
    account: AccountId
    number: int


def of_everybody(connection: Connection, before: Place | None, limit: int) -> list[Kept]:
    """Lines of every account and of the house, newest first, those before a place."""
    query = (
        select(*_COLUMNS)
        .order_by(_c.at.desc(), _c.account_id.desc(), _c.number.desc())
        .limit(limit)
    )
    if before is not None:
        place = tuple_(_c.at, _c.account_id, _c.number)
        query = query.where(place < (before.at, before.account, before.number))
    return [Kept(Line(*row[:-2]), *row[-2:]) for row in connection.execute(query)]
