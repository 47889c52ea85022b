"""Statements that are final: months, numbers and lines, written once.

A month is closed with the account locked, so no charge can change between what is read and what
is written.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, func, insert, select, text

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.statements.money import Price
from prepaid.domain.statements.months import Month, Period
from prepaid.domain.statements.statement import Billed, Line, Place, Statement
from prepaid.store import ledger
from prepaid.store import tables as t
from prepaid.store.statements.changes import Mark

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Statement).decode
# As the partial index has it, so that it is found behind no bound value.
HELD = text("charge.status = 'held'")
_LINE = [t.statement_line.c[name] for name in Line.__struct_fields__]


def closed(connection: Connection, account: AccountId) -> list[Period]:
    """The months whose statements are final, oldest first."""
    m = t.statement_month.c
    query = select(m.month, m.starts, m.ends).where(m.account_id == account).order_by(m.month)
    return [Period(*row) for row in connection.execute(query)]


def last_mark(connection: Connection, account: AccountId) -> Mark | None:
    """How far the account was seen when its last month was closed."""
    m = t.statement_month.c
    query = (
        select(m.seq, m.closed_at).where(m.account_id == account).order_by(m.month.desc()).limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Mark(*row)


def first_import(connection: Connection, account: AccountId) -> Instant | None:
    """The time of the oldest imported charge: the only ones older than the account."""
    c = t.charge.c
    query = select(func.min(c.reserved_at)).where(c.account_id == account, ledger.IMPORTED)
    found: Instant | None = connection.execute(query).scalar_one()
    return found


def has_holds(connection: Connection, account: AccountId, ends: Instant) -> bool:
    """Whether a charge that was reserved before `ends` is still held."""
    c = t.charge.c
    query = select(c.seq).where(c.account_id == account, HELD, c.reserved_at < ends).limit(1)
    return connection.execute(query).first() is not None


def billed(
    connection: Connection,
    account: AccountId,
    origins: Collection[Month],
    among: Collection[WorkspaceNumber] | None = None,
) -> dict[Place, Billed]:
    """What final statements have billed of some months' charges, to all or to some workspaces."""
    n = t.statement_line.c
    query = (
        select(n.workspace, n.origin, n.sku, n.count, n.micros, n.per, n.price)
        .where(n.account_id == account, n.origin.in_(origins))
        .order_by(n.month)  # the first price of a place is the one it was billed at
    )
    if among is not None:
        query = query.where(n.workspace.in_(among))
    found: dict[Place, Billed] = {}
    for workspace, origin, sku, count, micros, per, nano in connection.execute(query):
        place = Place(workspace, origin, sku)
        before = found.get(place, Billed(0, 0, Price(per, nano)))
        found[place] = Billed(before.count + count, before.micros + micros, before.price)
    return found


def last_number(connection: Connection, account: AccountId) -> int:
    """The number given last; 0 before the first."""
    s = t.statement.c
    query = select(func.max(s.number)).where(s.account_id == account)
    return connection.execute(query).scalar_one() or 0


def close(
    connection: Connection,
    account: AccountId,
    period: Period,
    statements: Sequence[tuple[int, Statement]],
    mark: Mark,
) -> None:
    """Write a month's statements, each with its number, into a locked account, for good.

    The mark is how far the account is seen by now.
    """
    key = {"account_id": account, "month": period.month}
    connection.execute(
        insert(t.statement_month).values(
            **key, starts=period.starts, ends=period.ends, closed_at=mark.at, seq=mark.seq
        )
    )
    heads = [
        key
        | {
            "workspace": made.client.workspace,
            "number": number,
            "body": _encode(replace(made, lines=())),
        }
        for number, made in statements
    ]
    if heads:
        connection.execute(insert(t.statement), heads)
    lines = [
        key
        | {"workspace": made.client.workspace, "place": place}
        | {name: getattr(line, name) for name in Line.__struct_fields__}
        for _, made in statements
        for place, line in enumerate(made.lines)
    ]
    if lines:
        connection.execute(insert(t.statement_line), lines)


def billed_in(connection: Connection, account: AccountId, month: Month) -> list[WorkspaceNumber]:
    """Whose final statements of a month there are, by their numbers."""
    s = t.statement.c
    query = select(s.workspace).where(s.account_id == account, s.month == month)
    return list(connection.execute(query.order_by(s.number)).scalars())


def of_month(
    connection: Connection,
    account: AccountId,
    month: Month,
    among: Sequence[WorkspaceNumber] | None = None,
) -> list[Statement]:
    """The final statements of a month by their numbers, or only those of some workspaces."""
    s, n = t.statement.c, t.statement_line.c
    heads = select(s.workspace, s.body).where(s.account_id == account, s.month == month)
    query = select(n.workspace, *_LINE).where(n.account_id == account, n.month == month)
    if among is not None:
        heads = heads.where(s.workspace.in_(among))
        query = query.where(n.workspace.in_(among))
    lines: dict[WorkspaceNumber, list[Line]] = {}
    for number, *values in connection.execute(query.order_by(n.workspace, n.place)):
        lines.setdefault(number, []).append(Line(*values))
    return [
        replace(_decode(body), lines=tuple(lines.get(number, ())))
        for number, body in connection.execute(heads.order_by(s.number))
    ]


def of_client(
    connection: Connection,
    account: AccountId,
    workspace: WorkspaceNumber,
    months: Collection[Month],
) -> list[Statement]:
    """A workspace's final statements of some months, the latest first."""
    s, n = t.statement.c, t.statement_line.c
    heads = select(s.month, s.body).where(
        s.account_id == account, s.workspace == workspace, s.month.in_(months)
    )
    query = select(n.month, *_LINE).where(
        n.account_id == account, n.workspace == workspace, n.month.in_(months)
    )
    lines: dict[Month, list[Line]] = {}
    for month, *values in connection.execute(query.order_by(n.month, n.place)):
        lines.setdefault(month, []).append(Line(*values))
    return [
        replace(_decode(body), lines=tuple(lines.get(month, ())))
        for month, body in connection.execute(heads.order_by(s.month.desc()))
    ]


class Numbered(NamedTuple):
    """A final statement by its number, without what it says."""

    month: Month
    number: str


def numbered(
    connection: Connection,
    account: AccountId,
    workspace: WorkspaceNumber,
    months: Collection[Month],
) -> list[Numbered]:
    """A workspace's final statements of some months, the earliest first."""
    s = t.statement.c
    query = select(s.month, s.body).where(
        s.account_id == account, s.workspace == workspace, s.month.in_(months)
    )
    return [
        Numbered(month, _decode(body).number or "")
        for month, body in connection.execute(query.order_by(s.month))
    ]


def corrections(
    connection: Connection, account: AccountId, origin: Month, workspace: WorkspaceNumber
) -> list[Month]:
    """The months whose final statements bill a workspace's changes of an earlier month."""
    n = t.statement_line.c
    query = select(n.month).where(
        n.account_id == account,
        n.origin == origin,
        n.month > origin,
        n.workspace == workspace,
    )
    return list(connection.execute(query.distinct().order_by(n.month)).scalars())


def legal_names(
    connection: Connection, account: AccountId, before: Instant
) -> dict[WorkspaceNumber, str]:
    """What each workspace was called just before a moment; its first name if it had none yet."""
    n = t.legal_name.c
    query = (
        select(n.number, n.legal_name, n.at)
        .where(n.account_id == account)
        .order_by(n.number, n.version)
    )
    found: dict[WorkspaceNumber, str] = {}
    for number, name, at in connection.execute(query):
        if at < before or number not in found:
            found[number] = name
    return found
