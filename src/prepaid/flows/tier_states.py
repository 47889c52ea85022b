"""How every tier of an account stands now. Reads, and changes nothing."""

from collections.abc import Collection

from msgspec import Struct

from prepaid.domain import alarms, windows
from prepaid.domain.alarms import Alarm, Tier
from prepaid.domain.alerting import Watch, global_pass, low_balance, workspace_pass
from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.windows import GLOBAL, Window
from prepaid.flows.desk import Desk, existing
from prepaid.flows.metering import fresh
from prepaid.store import accounts, alerting, spend, workspaces
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow


class TierState(Struct, frozen=True):
    """How one tier stands."""

    tier: Tier
    fired_at: Instant | None  # None: armed
    crossings: int  # how often its name has fired, ever


class ScopeState(Struct, frozen=True):
    """How the tiers of one scope stand; `value` is the balance, or the spend of the window."""

    workspace: WorkspaceRow | None
    watch: Watch
    value: Micros
    tiers: list[TierState]


class State(Struct, frozen=True):
    """How every tier of an account stands."""

    now: Instant
    low_balance: ScopeState
    everything: ScopeState
    workspaces: list[ScopeState]


async def state(desk: Desk, account: AccountId) -> State:
    """How every tier stands now, as the next request would find it."""
    row = await fresh(desk, account)
    return await at(desk, account, row.time(desk.clock()))


async def of_account(desk: Desk, account: AccountId) -> State:
    """How the account's own tiers stand now. Its workspaces are left out: they may be thousands."""
    row = await fresh(desk, account)
    return await at(desk, account, row.time(desk.clock()), is_whole=False)


async def of_workspaces(
    desk: Desk, account: AccountId, numbers: Collection[WorkspaceNumber]
) -> dict[WorkspaceNumber, ScopeState]:
    """How the tiers of a few active workspaces stand now, each by its effective rules."""
    row = await fresh(desk, account)
    now = row.time(desk.clock())

    def work(connection: Connection) -> dict[WorkspaceNumber, ScopeState]:
        rules = alerting.config(connection, account)
        opened = spend.windows(connection, account)
        overrides = alerting.overrides(connection, account)
        places = {place.number: place for place in workspaces.every(connection, account)}
        return {
            number: _scope(
                connection,
                opened.get(number),
                workspace_pass(rules, overrides.get(number)),
                now,
                places[number],
            )
            for number in numbers
        }

    return await desk.vault.read(work)


async def at(desk: Desk, account: AccountId, now: Instant, *, is_whole: bool = True) -> State:
    """How every tier stands at a moment, or at the account's last change if that is later."""

    def work(connection: Connection) -> State:
        row = existing(accounts.get(connection, account), account)
        moment = max(now, row.at)
        rules = alerting.config(connection, account)
        low = spend.low_balance_alarm(connection, account)
        alarms.arm_low_after_cool_down(low, row.balance, moment)
        opened = spend.windows(connection, account)
        overrides = alerting.overrides(connection, account)
        places = workspaces.every(connection, account) if is_whole else []
        scopes = [
            _scope(
                connection,
                opened.get(place.number),
                workspace_pass(rules, overrides.get(place.number)),
                moment,
                place,
            )
            for place in places
            if place.archived_at is None
        ]
        return State(
            moment,
            _state(None, low_balance(rules), row.balance, low),
            _scope(connection, opened.get(GLOBAL), global_pass(rules), moment, None),
            scopes,
        )

    return await desk.vault.read(work)


def _scope(
    connection: Connection,
    window: Window | None,
    watch: Watch,
    now: Instant,
    place: WorkspaceRow | None,
) -> ScopeState:
    if window is None:
        return _state(place, watch, 0, Alarm())
    before = window.sum
    span = windows.passed(window, window.tail, now - watch.period)
    windows.move(window, now, watch.period, spend.total(connection, span) if span else 0)
    alarms.arm_by_time(window.alarm, before, window.sum)
    alarms.arm_high_after_cool_down(window.alarm, window.sum, now, watch.period)
    return _state(place, watch, window.sum, window.alarm)


def _state(place: WorkspaceRow | None, watch: Watch, value: Micros, alarm: Alarm) -> ScopeState:
    fired = {(one.tier, one.cents): one.at for one in alarm.fired}
    tiers = [
        TierState(tier, fired.get((tier.tier, tier.cents)), alarm.counts.get(tier.tier, 0))
        for tier in watch.tiers
    ]
    return ScopeState(place, watch, value, tiers)
