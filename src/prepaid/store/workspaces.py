"""Workspaces, and every legal name they ever had."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
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


_COLUMNS = [t.workspace.c[name] for name in WorkspaceRow.__struct_fields__]


class NameTaken(Exception):
    """An active workspace of the account has this name."""


def every(connection: Connection, account: AccountId) -> list[WorkspaceRow]:
    """Every workspace of an account, archived ones too, in the order they were made."""
    w = t.workspace.c
    query = select(*_COLUMNS).where(w.account_id == account).order_by(w.number)
    return [WorkspaceRow(*row) for row in connection.execute(query)]


def active(connection: Connection, account: AccountId, name: str) -> WorkspaceRow | None:
    """The active workspace of this name."""
    w = t.workspace.c
    query = select(*_COLUMNS).where(
        w.account_id == account, w.name == name, w.archived_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else WorkspaceRow(*row)


def create(
    connection: Connection, account: AccountId, name: str, legal_name: str, at: Instant
) -> WorkspaceRow:
    """Add a workspace to a locked account.

    Raises:
        NameTaken: the unique index refused it.
    """
    number = accounts.next_number(connection, account, "workspaces")
    row = WorkspaceRow(number, name, legal_name, 1, at, at, None)
    values = {field: getattr(row, field) for field in WorkspaceRow.__struct_fields__}
    try:
        connection.execute(insert(t.workspace).values(account_id=account, **values))
    except IntegrityError as error:
        raise NameTaken from error
    _keep_legal_name(connection, account, row)
    return row


def rename(
    connection: Connection, account: AccountId, row: WorkspaceRow, legal_name: str, at: Instant
) -> WorkspaceRow:
    """Give a workspace another legal name; answers given before keep theirs."""
    renamed = WorkspaceRow(
        row.number, row.name, legal_name, row.version + 1, row.created_at, at, None
    )
    _set(
        connection,
        account,
        row.number,
        {"legal_name": legal_name, "version": renamed.version, "updated_at": at},
    )
    _keep_legal_name(connection, account, renamed)
    return renamed


def archive(
    connection: Connection, account: AccountId, number: WorkspaceNumber, at: Instant
) -> None:
    """Take a workspace out of use: its usage stays, its name becomes free."""
    _set(connection, account, number, {"archived_at": at, "updated_at": at})
    o, s = t.workspace_override.c, t.spend_window.c
    connection.execute(
        t.workspace_override.delete().where(o.account_id == account, o.number == number)
    )
    connection.execute(t.spend_window.delete().where(s.account_id == account, s.scope == number))


def _set(
    connection: Connection, account: AccountId, number: WorkspaceNumber, values: dict[str, object]
) -> None:
    w = t.workspace.c
    connection.execute(
        update(t.workspace).where(w.account_id == account, w.number == number).values(values)
    )


def _keep_legal_name(connection: Connection, account: AccountId, row: WorkspaceRow) -> None:
    values = {"number": row.number, "version": row.version, "legal_name": row.legal_name}
    connection.execute(insert(t.legal_name).values(account_id=account, **values))
