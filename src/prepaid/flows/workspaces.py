"""Workspaces: create, list, give another legal name or spend limit, archive."""

from msgspec import UNSET, UnsetType

from prepaid.domain.ids import ACCOUNT_WIDE, DEFAULT, AccountId, WorkspaceNumber
from prepaid.domain.limits import Limit
from prepaid.domain.refusals import Refusal, not_found
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.store import accounts, workspaces
from prepaid.store.accounts import DEFAULT_NAME, AccountRow
from prepaid.store.vault import Connection
from prepaid.store.workspaces import NameTaken, WorkspaceRow

WORKSPACES_MAX = 100_000


async def create(
    desk: Desk, account: AccountId, name: str, legal_name: str, limit: Limit | None = None
) -> WorkspaceRow:
    """A new workspace, with a spend limit or without.

    Raises:
        Refusal: `workspace_name_reserved`, `workspace_exists`.
    """
    if name == DEFAULT_NAME:
        message = "the name default is reserved: every account has that workspace already"
        raise Refusal("workspace_name_reserved", message)

    def work(connection: Connection, row: AccountRow) -> WorkspaceRow:
        made = workspaces.create(connection, row.id, name, legal_name, desk.clock(), limit)
        if made.number > WORKSPACES_MAX:
            message = f"an account has at most {WORKSPACES_MAX} workspaces"
            raise Refusal("invalid_request", message)
        accounts.change(connection, row.id, {}, desk.clock())
        return made

    try:
        return await locked(desk, account, work)
    except NameTaken as error:
        message = f"a workspace named {name!r} exists already"
        raise Refusal("workspace_exists", message) from error


async def every(desk: Desk, account: AccountId) -> list[WorkspaceRow]:
    """The active workspaces, `default` first, then in the order they were made."""

    def work(connection: Connection) -> list[WorkspaceRow]:
        existing(accounts.get(connection, account), account)
        return workspaces.every(connection, account)

    return [row for row in await desk.vault.read(work) if row.archived_at is None]


async def ever(desk: Desk, account: AccountId) -> list[WorkspaceRow]:
    """Every workspace there was, archived ones too, in the order they were made."""
    return await desk.vault.read(lambda c: workspaces.every(c, account))


async def one(desk: Desk, account: AccountId, number: WorkspaceNumber) -> WorkspaceRow:
    """A workspace, also an archived one.

    Raises:
        Refusal: `404 not_found`.
    """
    found = await desk.vault.read(lambda c: workspaces.get(c, account, number))
    if found is None or number == ACCOUNT_WIDE:
        raise not_found("the workspace")
    return found


async def active(desk: Desk, account: AccountId, name: str) -> WorkspaceRow:
    """The active workspace of this name.

    Raises:
        Refusal: `404 not_found`.
    """
    return await desk.vault.read(lambda c: _active(c, account, name))


async def change(
    desk: Desk,
    account: AccountId,
    name: str,
    legal_name: str | None = None,
    limit: Limit | UnsetType | None = UNSET,
) -> WorkspaceRow:
    """Give a workspace another legal name, another spend limit, or both at once.

    Args:
        desk: whose vault is written.
        account: whose workspace.
        name: of the workspace.
        legal_name: None keeps it.
        limit: None takes it away; unset keeps it. The same limit again changes nothing.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, row: AccountRow) -> WorkspaceRow:
        before = found = _active(connection, row.id, name)
        now = desk.clock()
        if legal_name is not None and legal_name != found.legal_name:
            since = now + row.clock_offset
            found = workspaces.rename(connection, row.id, found, legal_name, at=now, since=since)
        if limit is not UNSET and limit != found.limit:
            found = workspaces.set_limit(connection, row.id, found, limit, now)
        if found != before:
            accounts.change(connection, row.id, {}, now)
        return found

    return await locked(desk, account, work)


async def archive(desk: Desk, account: AccountId, name: str) -> WorkspaceRow:
    """Take a workspace out of use. Its usage stays in reports; its name becomes free.

    Raises:
        Refusal: `404 not_found`, `409 default_workspace`.
    """

    def work(connection: Connection, row: AccountRow) -> WorkspaceRow:
        found = _active(connection, row.id, name)
        if found.number == DEFAULT:
            raise Refusal("default_workspace", "the default workspace cannot be deleted")
        assert found.number != ACCOUNT_WIDE, "the account-wide bucket is no workspace"
        workspaces.archive(connection, row.id, found.number, desk.clock())
        accounts.change(connection, row.id, {}, desk.clock())
        return found

    return await locked(desk, account, work)


def _active(connection: Connection, account: AccountId, name: str) -> WorkspaceRow:
    found = workspaces.active(connection, account, name)
    if found is None:
        raise not_found(f"the workspace {name!r}")
    return found
