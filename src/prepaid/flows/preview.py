"""Preview: a configuration against the last 30 days of the account's own history."""

from typing import NamedTuple

from prepaid.domain import configuring
from prepaid.domain.accounts import Account, Directory, Workspace
from prepaid.domain.alarms import Alarm
from prepaid.domain.alerting import Override
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant
from prepaid.domain.notifications import Notification
from prepaid.domain.refusals import Refusal
from prepaid.domain.rehearsal import Rehearsal
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import fresh
from prepaid.store import accounts, alerting, history, workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.topups import payers
from prepaid.store.vault import Connection

SPAN_DAYS = 30
CHANGES_MAX = 200_000


class Preview(NamedTuple):
    """What would have been sent between two moments."""

    since: Instant
    until: Instant
    notifications: list[Notification]


async def preview(
    desk: Desk,
    account: AccountId,
    changes: dict[str, object],
    workspace: WorkspaceNumber | None = None,
) -> Preview:
    """Live the account's last 30 days again under other rules; changes nothing.

    Args:
        desk: whose vault is read.
        account: whose history.
        changes: of the configuration, or of the rules of `workspace`.
        workspace: None changes the configuration.

    Raises:
        Refusal: 400 when the account changed more than 200 000 times in that time.
    """
    await fresh(desk, account)

    def work(connection: Connection) -> Preview:
        # Of this snapshot, as the changes are: a charge in between would be in one of them only.
        row = existing(accounts.get(connection, account), account)
        now = row.time(desk.clock())
        since = now - SPAN_DAYS * DAY
        lived = history.changes(connection, account, since, CHANGES_MAX + 1)
        if len(lived) > CHANGES_MAX:
            message = f"more than {CHANGES_MAX} changes in {SPAN_DAYS} days are not previewed"
            raise Refusal("invalid_request", message)
        balance = row.balance - sum(change.amount for change in lived)
        rows = history.spend_before(connection, account, since)
        directory = _directory(connection, account, changes, workspace)
        is_on = payers.terms(connection, [account])[account].auto.enabled
        rehearsal = Rehearsal(_account(row, since, balance, topup_on=is_on), directory, rows)
        return Preview(since, now, rehearsal.live(lived))

    return await desk.vault.read(work)


def _directory(
    connection: Connection,
    account: AccountId,
    changes: dict[str, object],
    workspace: WorkspaceNumber | None,
) -> Directory:
    directory = Directory(0, 0)
    directory.config = alerting.config(connection, account)
    overrides: dict[WorkspaceNumber, Override | None] = {**alerting.overrides(connection, account)}
    if workspace is None:
        directory.config = configuring.merged(directory.config, changes)
    else:
        overrides[workspace] = configuring.merged_override(overrides.get(workspace), changes)
    for place in workspaces.every(connection, account):
        directory.by_number[place.number] = Workspace(
            number=place.number,
            name=place.name,
            legal_name=place.legal_name,
            version=place.version,
            archived=place.archived_at is not None,
            override=overrides.get(place.number),
        )
    return directory


def _account(row: AccountRow, since: Instant, balance: Micros, *, topup_on: bool) -> Account:
    return Account(
        id=row.id,
        epoch=0,
        closed=row.closed,
        floor=row.floor,
        clock_offset=row.clock_offset,
        seq=0,
        at=since,
        balance=balance,
        chain=b"",
        holds_due=None,
        alarm=Alarm(),
        topup_on=topup_on,
    )
