"""What an account wants to be told, what it was told, and how its tiers stand."""

from typing import NamedTuple

from prepaid.domain.alerting import Config, Override
from prepaid.domain.commands import Configure, ConfigureWorkspace
from prepaid.domain.ids import AccountId, Owned, WorkspaceNumber, parse_owned
from prepaid.domain.notifications import Kind
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.flows.desk import Desk
from prepaid.store import alerting, ledger, notifications, workspaces
from prepaid.store.alerting import OverrideRow
from prepaid.store.notifications import Recorded
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

NEWEST = 2**62


async def config(desk: Desk, account: AccountId) -> Config:
    """The account's complete configuration, defaults merged."""
    return await desk.vault.read(lambda connection: alerting.config(connection, account))


async def change_config(desk: Desk, account: AccountId, changes: dict[str, object]) -> Config:
    """Change the named fields; the complete configuration afterwards."""
    if changes:
        await desk.vault.submit(Configure(account=account, changes=changes))
    return await config(desk, account)


async def overrides(desk: Desk, account: AccountId) -> dict[WorkspaceNumber, Override]:
    """The workspaces that have rules of their own."""
    return await desk.vault.read(lambda connection: alerting.overrides(connection, account))


class WorkspaceRules(NamedTuple):
    """A workspace's own rules beside the account's."""

    config: Config
    override: OverrideRow | None


async def workspace_rules(
    desk: Desk, account: AccountId, number: WorkspaceNumber
) -> WorkspaceRules:
    """The account's configuration and the workspace's override, in one snapshot."""
    return await desk.vault.read(
        lambda c: WorkspaceRules(alerting.config(c, account), alerting.override(c, account, number))
    )


async def change_override(
    desk: Desk, account: AccountId, number: WorkspaceNumber, changes: dict[str, object]
) -> OverrideRow:
    """Make or change a workspace's own rules.

    Raises:
        Refusal: `404 not_found` when the workspace was archived meanwhile.
    """
    await desk.vault.submit(ConfigureWorkspace(account=account, workspace=number, changes=changes))
    row = (await workspace_rules(desk, account, number)).override
    if row is None:
        raise not_found("the workspace")
    return row


async def drop_override(desk: Desk, account: AccountId, number: WorkspaceNumber) -> None:
    """Take a workspace's own rules away; it inherits everything. Repeating it changes nothing.

    Raises:
        Refusal: `404 not_found` when the workspace was archived meanwhile.
    """
    if (await workspace_rules(desk, account, number)).override is not None:
        await desk.vault.submit(ConfigureWorkspace(account=account, workspace=number, changes=None))


async def active_workspace(desk: Desk, account: AccountId, name: str) -> WorkspaceRow:
    """An active workspace by its id or its name; an id is never taken for a name.

    Raises:
        Refusal: `404 not_found`.
    """
    for row in await _named(desk, account, name):
        if row.archived_at is None:
            return row
    raise not_found(f"the workspace {name!r}")


async def _named(desk: Desk, account: AccountId, name: str) -> list[WorkspaceRow]:
    """The workspace with this id, else every one that has or had this name."""
    rows = await desk.vault.read(lambda connection: workspaces.every(connection, account))
    place = parse_owned("ws", name)
    by_id = [row for row in rows if place == Owned(account, row.number)]
    return by_id or [row for row in rows if row.name == name]


async def recent(
    desk: Desk,
    account: AccountId,
    *,
    before: int = NEWEST,
    limit: int = 50,
    kind: Kind | None = None,
    workspace: str | None = None,
) -> list[Recorded]:
    """Notifications, newest first; of every workspace, archived too, that had the name.

    Raises:
        Refusal: `400 workspace_not_found`.
    """
    scopes = None
    if workspace is not None:
        scopes = [row.number for row in await _named(desk, account, workspace)]
        if not scopes:
            message = f"this account never had a workspace {workspace!r}"
            details = invalid("workspace", "is unknown").details
            raise Refusal("workspace_not_found", message, details)
    return await desk.vault.read(
        lambda c: notifications.recent(
            c, account, before=before, limit=limit, kind=kind, scopes=scopes
        )
    )


class Explained(NamedTuple):
    """A notification and the charge that caused it."""

    recorded: Recorded
    charge: ledger.Tagged | None


async def explain(desk: Desk, account: AccountId, number: int) -> Explained:
    """Why a notification was sent: its charge, and the sums before and after.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Explained:
        found = notifications.get(connection, account, number)
        if found is None:
            raise not_found("the notification")
        seq = found.notification.charge
        return Explained(found, None if seq is None else ledger.tagged(connection, account, seq))

    return await desk.vault.read(work)
