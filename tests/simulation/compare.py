"""What the service has kept, against what the model has."""

import json
from typing import Any

from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Sweep
from prepaid.domain.instants import DAY, Instant
from prepaid.domain.notifications import Notification
from prepaid.flows import alerting, limits, reports, tier_states
from prepaid.flows.desk import Desk
from prepaid.flows.tier_states import ScopeState
from tests.model.account import ModelAccount
from tests.model.facts import GLOBAL, HIGH_USAGE, LIMIT, LOW_BALANCE, ModelNotification, TierKey

MOST = 100_000


async def everything(desk: Desk, model: ModelAccount, now: Instant) -> None:
    """Ledger, usage, notifications with their payloads, and how each tier stands."""
    account = model.account_id
    await desk.vault.submit(Sweep(account=account))
    model.expire_due(now)
    await _ledger(desk, model)
    await _usage(desk, model, now)
    recorded = await alerting.recent(desk, account, limit=MOST)
    fired = [one.notification for one in reversed(recorded)]
    assert [_facts(one) for one in fired] == [_expected(one) for one in model.notifications]
    assert len({one.dedup_key for one in fired}) == len(fired)
    await _tiers(desk, model, now)
    await _limits(desk, model, now)


async def _limits(desk: Desk, model: ModelAccount, now: Instant) -> None:
    """What is listed of each workspace's limit."""
    for found in await limits.at(desk, model.account_id, now):
        limit = model.limits.of.get(found.row.number)
        assert (limit is None) == (found.standing is None)
        if limit is None or found.standing is None:
            continue
        assert found.standing.spent == model.limits.spent(found.row.number, limit, now)
        least = model.limits.refused(found.row.number, 1, now)
        assert found.standing.is_reached == (least is not None)
        assert found.standing.frees_at == (None if least is None else least.frees_at)


async def _ledger(desk: Desk, model: ModelAccount) -> None:
    entries = await reports.entries(desk, model.account_id, limit=MOST)
    kept = [(e.seq, e.kind, e.amount, e.balance, e.charge) for e in reversed(entries)]
    expected = [(e.seq, e.kind, e.amount, e.balance_after, e.charge) for e in model.entries]
    assert kept == expected


async def _usage(desk: Desk, model: ModelAccount, now: Instant) -> None:
    for start, end in ((0, now + DAY), (now - 40 * DAY + 12_345, now - 3 * DAY)):
        report = await reports.usage_report(desk, model.account_id, start, end)
        kept = {
            (row.workspace.number if row.workspace else 0, line.sku): (line.requests, line.micros)
            for row in report
            for line in row.lines
        }
        assert kept == model.usage(start, end)


async def _tiers(desk: Desk, model: ModelAccount, now: Instant) -> None:
    state = await tier_states.at(desk, model.account_id, now)
    kept = _standing(LOW_BALANCE, GLOBAL, state.low_balance)
    kept |= _standing(HIGH_USAGE, GLOBAL, state.everything)
    for scope in state.workspaces:
        assert scope.workspace is not None
        kept |= _standing(HIGH_USAGE, scope.workspace.number, scope)
    assert kept == model.armed_state(now)


def _standing(kind: str, scope: int, state: ScopeState) -> dict[TierKey, Instant | None]:
    return {
        TierKey(kind, scope, one.tier.tier, one.tier.cents): one.fired_at for one in state.tiers
    }


def _facts(one: Notification) -> tuple[object, ...]:
    payload = json.loads(one.payload)
    if one.kind == LIMIT:
        return _limit_facts(one, payload)
    spend = payload.get("periodSpendCents")
    return (
        one.seq,
        one.number % 32,
        one.kind,
        one.identifier,
        one.scope,
        int(one.dedup_key.rpartition(":")[2]),
        one.fired_at,
        payload["thresholdCents"],
        payload["balanceCents"],
        spend,
        payload.get("periodMinutes"),
    )


def _limit_facts(one: Notification, payload: dict[str, Any]) -> tuple[object, ...]:
    assert (payload["period"] is None) == (payload["periodMinutes"] is not None)
    return (
        one.seq,
        one.number % 32,
        one.kind,
        one.identifier,
        one.scope,
        int(one.dedup_key.rpartition(":")[2]),
        one.fired_at,
        payload["limitCents"],
        payload["spentCents"],
        payload["periodMinutes"],
        payload["refusedCents"],
        payload["freesAt"] or "never",
    )


def _expected(one: ModelNotification) -> tuple[object, ...]:
    if one.refused is not None:
        spent, amount = (one.spend or 0) // CENT, one.refused[0] // CENT
        place = (one.seq, one.place, one.kind, one.tier, one.scope, one.count, one.fired_at)
        return *place, one.cents, spent, one.period_minutes, amount, one.refused[1]
    return (
        one.seq,
        one.place,
        one.kind,
        one.tier,
        one.scope,
        one.count,
        one.fired_at,
        one.cents,
        one.balance // CENT,
        None if one.spend is None else one.spend // CENT,
        one.period_minutes,
    )
