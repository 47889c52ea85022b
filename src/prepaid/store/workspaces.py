"""Workspaces, and every legal name they ever had."""

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.limits import Limit, forgotten, pack, unpack
from prepaid.store import accounts
from prepaid.store import tables as t


class WorkspaceRow(Struct, frozen=True):
    """A workspace as lists show it."""

    number: WorkspaceNumber
    name: str
    legal_name: str
    version: int  # of its legal name
    created_at: Instant
    updated_at: Instant
    archived_at: Instant | None
    limit_cents: int | None = None  # null: no spend limit
    limit_minutes: int | None = None  # null: the calendar month

    def is_like(self, text: str) -> bool:
        """Whether the name or the legal name has this in it, in whatever case."""
        wanted = text.casefold()
        return wanted in self.name.casefold() or wanted in self.legal_name.casefold()

    @property
    def limit(self) -> Limit | None:
        """What it may spend."""
        return None if self.limit_cents is None else Limit(self.limit_cents, self.limit_minutes)


_COLUMNS = [t.workspace.c[name] for name in WorkspaceRow.__struct_fields__]


class NameTaken(Exception):
    """An active workspace of the account has this name."""


def every(connection: Connection, account: AccountId) -> list[WorkspaceRow]:
    """Every workspace of an account, archived ones too, in the order they were made."""
    w = t.workspace.c
    query = select(*_COLUMNS).where(w.account_id == account).order_by(w.number)
    return [WorkspaceRow(*row) for row in connection.execute(query)]


def get(connection: Connection, account: AccountId, number: WorkspaceNumber) -> WorkspaceRow | None:
    """A workspace, also an archived one."""
    w = t.workspace.c
    query = select(*_COLUMNS).where(w.account_id == account, w.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else WorkspaceRow(*row)


def active(connection: Connection, account: AccountId, name: str) -> WorkspaceRow | None:
    """The active workspace of this name."""
    w = t.workspace.c
    query = select(*_COLUMNS).where(
        w.account_id == account, w.name == name, w.archived_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else WorkspaceRow(*row)


def create(
    connection: Connection,
    account: AccountId,
    name: str,
    legal_name: str,
    at: Instant,
    limit: Limit | None = None,
) -> WorkspaceRow:
    """Add a workspace to a locked account.

    Raises:
        NameTaken: the unique index refused it.
    """
    number = accounts.next_number(connection, account, "workspaces")
    row = WorkspaceRow(number, name, legal_name, 1, at, at, None, *_limit_columns(limit))
    values = {field: getattr(row, field) for field in WorkspaceRow.__struct_fields__}
    try:
        connection.execute(insert(t.workspace).values(account_id=account, **values))
    except IntegrityError as error:
        raise NameTaken from error
    _keep_legal_name(connection, account, row)
    return row


def rename(
    connection: Connection,
    account: AccountId,
    row: WorkspaceRow,
    legal_name: str,
    *,
    at: Instant,
    since: Instant,
) -> WorkspaceRow:
    """Give a workspace another legal name; answers given before keep theirs.

    `at` is the real clock, `since` the account's: statements of months before keep theirs too.
    """
    renamed = replace(row, legal_name=legal_name, version=row.version + 1, updated_at=at)
    _set(
        connection,
        account,
        row.number,
        {"legal_name": legal_name, "version": renamed.version, "updated_at": at},
    )
    _keep_legal_name(connection, account, renamed, since)
    return renamed


def set_limit(
    connection: Connection, account: AccountId, row: WorkspaceRow, limit: Limit | None, at: Instant
) -> WorkspaceRow:
    """Give a workspace of a locked account another spend limit, or none.

    What was counted under the old one is dropped: the next batch counts the rows afresh.
    """
    cents, minutes = _limit_columns(limit)
    _set(
        connection,
        account,
        row.number,
        {"limit_cents": cents, "limit_minutes": minutes, "updated_at": at},
    )
    w = t.spend_window
    mine = (w.c.account_id == account) & (w.c.scope == row.number)
    state = unpack(connection.execute(select(w.c.limit_state).where(mine)).scalar_one_or_none())
    if state is not None:
        values = {"limit_state": pack(forgotten(state))}
        connection.execute(update(w).where(mine).values(values))
    return replace(row, limit_cents=cents, limit_minutes=minutes, updated_at=at)


def archive(
    connection: Connection, account: AccountId, number: WorkspaceNumber, at: Instant
) -> None:
    """Take a workspace out of use: its usage stays, its name becomes free."""
    _set(
        connection,
        account,
        number,
        {"archived_at": at, "updated_at": at, "limit_cents": None, "limit_minutes": None},
    )
    o, s = t.workspace_override.c, t.spend_window.c
    connection.execute(
        t.workspace_override.delete().where(o.account_id == account, o.number == number)
    )
    connection.execute(t.spend_window.delete().where(s.account_id == account, s.scope == number))


def _limit_columns(limit: Limit | None) -> tuple[int | None, int | None]:
    return (None, None) if limit is None else (limit.cents, limit.minutes)


def _set(
    connection: Connection, account: AccountId, number: WorkspaceNumber, values: dict[str, object]
) -> None:
    w = t.workspace.c
    connection.execute(
        update(t.workspace).where(w.account_id == account, w.number == number).values(values)
    )


def _keep_legal_name(
    connection: Connection, account: AccountId, row: WorkspaceRow, since: Instant = 0
) -> None:
    values = {"number": row.number, "version": row.version, "legal_name": row.legal_name}
    connection.execute(insert(t.legal_name).values(account_id=account, at=since, **values))
