"""A preview as a page shows it: how often each tier would have been told, and the last times."""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.notifications import Notification
from prepaid.flows import preview, workspaces
from prepaid.flows.desk import Desk
from prepaid.web.dashboard.told import Told, told

SHOWN_MAX = 8


class Rehearsed(Struct, frozen=True):
    """What edited rules would have sent in the last 30 days, had they been switched on."""

    since: Instant
    until: Instant
    counts: list[tuple[str, int]]  # by tier, the most frequent first
    last: list[tuple[Notification, Told]]  # newest first
    is_off: bool  # they are switched off, and would have sent nothing

    @property
    def total(self) -> int:
        """How many there would have been."""
        return sum(count for _, count in self.counts)


async def rehearsed(
    desk: Desk,
    account: AccountId,
    changes: dict[str, object],
    switch: str,
    concerns: Callable[[Notification], bool],
    workspace: WorkspaceNumber | None = None,
) -> Rehearsed:
    """Live the last 30 days again under other rules.

    Args:
        desk: whose vault is read.
        account: whose history.
        changes: of the configuration, or of the rules of `workspace`.
        switch: the change that turns them on.
        concerns: tells the notifications of these rules from all others.
        workspace: whose own rules are edited; None edits the account's.
    """
    found = await preview.preview(desk, account, changes | {switch: True}, workspace)
    mine = [one for one in found.notifications if concerns(one)]
    names: dict[int, str] = {}
    if any(one.scope for one in mine):
        names = {row.number: row.name for row in await workspaces.every(desk, account)}
    counts = Counter(one.identifier for one in mine).most_common()
    last = [(one, told(one, names)) for one in reversed(mine[-SHOWN_MAX:])]
    return Rehearsed(found.since, found.until, counts, last, changes.get(switch) is False)
