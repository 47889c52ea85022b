"""How workspaces stand to their spend limits. Reads, and changes nothing."""

from msgspec import Struct

from prepaid.domain import windows
from prepaid.domain.amounts import Micros
from prepaid.domain.freeing import Ladder, Unread
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.limits import Limit, LimitState
from prepaid.domain.windows import Slice, Window
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import fresh
from prepaid.store import accounts, spend, workspaces
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow


class Standing(Struct, frozen=True):
    """What a workspace has spent of its limit."""

    spent: Micros
    is_reached: bool  # nothing that costs anything can be charged
    frees_at: Instant | None  # when spend will be below the limit, if reached; None: never


class Limited(Struct, frozen=True):
    """A workspace, and how it stands to its limit, if it has one."""

    row: WorkspaceRow
    standing: Standing | None


async def every(desk: Desk, account: AccountId) -> list[Limited]:
    """The active workspaces, `default` first, then in the order they were made."""
    return await at(desk, account, await _now(desk, account))


async def one(desk: Desk, account: AccountId, row: WorkspaceRow) -> Limited:
    """A workspace as it was just read or written, beside what it has spent."""
    if row.limit is None:
        return Limited(row, None)
    return (await at(desk, account, await _now(desk, account), row))[0]


async def at(
    desk: Desk, account: AccountId, now: Instant, only: WorkspaceRow | None = None
) -> list[Limited]:
    """The active workspaces at a moment, or at the account's last change if that is later."""

    def work(connection: Connection) -> list[Limited]:
        moment = max(now, existing(accounts.get(connection, account), account).at)
        rows = workspaces.every(connection, account) if only is None else [only]
        active = [row for row in rows if row.archived_at is None]
        limits = {row.number: row.limit for row in active if row.limit is not None}
        standings = _standings(connection, account, limits, moment) if limits else {}
        return [Limited(row, standings.get(row.number)) for row in active]

    return await desk.vault.read(work)


async def _now(desk: Desk, account: AccountId) -> Instant:
    owner = await fresh(desk, account)
    return owner.time(desk.clock())


def _standings(
    connection: Connection, account: AccountId, limits: dict[int, Limit], now: Instant
) -> dict[int, Standing]:
    opened = spend.windows(connection, account)
    found = dict.fromkeys(limits, Standing(0, is_reached=False, frees_at=None))
    moved = {scope: opened[scope] for scope in limits if scope in opened}
    spans = {scope: _passed(moved[scope], limits[scope], now) for scope in moved}
    asked = [span for span in spans.values() if span is not None]
    sums = iter(spend.totals(connection, account, asked))
    for scope, window in moved.items():
        between = 0 if spans[scope] is None else next(sums)
        windows.move_limit(window, now, limits[scope], between)
    for scope, limit in limits.items():
        state = moved[scope].limit if scope in moved else None
        found[scope] = _standing(connection, account, scope, limit, state or LimitState(), now)
    return found


def _passed(window: Window, limit: Limit, now: Instant) -> Slice | None:
    window.limit = window.limit or LimitState()
    return windows.passed(window, window.limit.tail, limit.frontier(now))


def _standing(
    connection: Connection,
    account: AccountId,
    scope: int,
    limit: Limit,
    state: LimitState,
    now: Instant,
) -> Standing:
    excess = state.sum - limit.micros + 1
    if excess <= 0:
        return Standing(state.sum, is_reached=False, frees_at=None)
    if limit.micros == 0:
        return Standing(state.sum, is_reached=True, frees_at=None)
    if limit.minutes is None:
        return Standing(state.sum, is_reached=True, frees_at=limit.leaves(now))
    ladder = Ladder(scope, state.tail)
    while True:
        try:
            frees_at = limit.leaves(ladder.decisive(now, excess, {}))
        except Unread as unread:
            ladder.keep(unread.wanted, spend.rows(connection, account, unread.wanted))
        else:
            return Standing(state.sum, is_reached=True, frees_at=frees_at)
