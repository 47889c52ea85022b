"""The customer's routes for notifications: rules, overrides, what was sent, how tiers stand."""

from functools import partial

from msgspec import Raw
from msgspec.structs import asdict

from prepaid.domain import ids
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT, cents
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import MINUTE, iso_micros, iso_millis
from prepaid.domain.refusals import invalid
from prepaid.flows import alerting, preview, tier_states
from prepaid.flows.tier_states import ScopeState
from prepaid.store.alerting import OverrideRow
from prepaid.store.notifications import Recorded
from prepaid.web import alert_shapes as shapes
from prepaid.web import charges, parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Ok


async def get_config(call: Call) -> Answer:
    """The complete configuration, defaults merged."""
    return Answer(await alerting.config(call.desk, call.account))


async def patch_config(call: Call) -> Answer:
    """Change the fields that are sent; the complete configuration afterwards."""
    wanted = shapes.changes(call.body)
    return Answer(await alerting.change_config(call.desk, call.account, wanted))


async def get_override(call: Call) -> Answer:
    """The account's configuration beside the workspace's own rules."""
    number = await _workspace(call)
    rules = await alerting.workspace_rules(call.desk, call.account, number)
    own = None if rules.override is None else _override(call.account, number, rules.override)
    return Answer(shapes.WorkspaceView(account_config=rules.config, workspace_override=own))


async def patch_override(call: Call) -> Answer:
    """Make or change a workspace's own rules."""
    number = await _workspace(call)
    wanted = shapes.changes(call.body)
    row = await alerting.change_override(call.desk, call.account, number, wanted)
    return Answer(_override(call.account, number, row))


async def drop_override(call: Call) -> Answer:
    """The workspace inherits everything again."""
    await alerting.drop_override(call.desk, call.account, await _workspace(call))
    return Answer(Ok())


async def recent(call: Call) -> Answer:
    """What was sent, newest first."""
    wanted: shapes.RecentQuery = call.query
    before = alerting.NEWEST
    if wanted.after is not None:
        place = ids.parse_owned("ntf", wanted.after)
        if place is None or place.account != call.account:
            raise invalid("after", "is not the id of a notification of this account")
        before = place.number
    rows = await alerting.recent(
        call.desk,
        call.account,
        before=before,
        limit=wanted.limit,
        kind=wanted.kind,
        workspace=wanted.workspace,
    )
    return Answer([_notification(row) for row in rows])


async def explain(call: Call) -> Answer:
    """Why a notification fired."""
    place = parsing.own_id(call.account, "ntf", call.path["id"], "the notification")
    found = await alerting.explain(call.desk, call.account, place.number)
    charge = None if found.charge is None else charges.record(*found.charge)
    shape = shapes.ExplainShape(
        notification=_notification(found.recorded),
        charge=charge,
        before_cents=cents(found.recorded.notification.before),
        after_cents=cents(found.recorded.notification.after),
    )
    return Answer(shape)


async def state(call: Call) -> Answer:
    """How every tier stands now."""
    found = await tier_states.state(call.desk, call.account)
    shape = shapes.StateShape(
        now=iso_micros(found.now),
        low_balance=_scope(call.account, found.low_balance),
        global_high_usage=_scope(call.account, found.everything),
        high_usage=[_scope(call.account, one) for one in found.workspaces],
    )
    return Answer(shape)


async def previewed(call: Call) -> Answer:
    """What a configuration would have sent in the last 30 days."""
    wanted = shapes.changes(call.body)
    found = await preview.preview(call.desk, call.account, wanted)
    shape = shapes.PreviewShape(
        since=iso_millis(found.since),
        until=iso_millis(found.until),
        notifications=[Raw(one.payload) for one in found.notifications],
    )
    return Answer(shape)


async def _workspace(call: Call) -> int:
    name = call.path["workspaceId"]
    return (await alerting.active_workspace(call.desk, call.account, name)).number


def _override(account: AccountId, number: int, row: OverrideRow) -> shapes.OverrideShape:
    return shapes.OverrideShape(
        id=ids.owned("ovr", account, number),
        workspace_id=ids.owned("ws", account, number),
        created_at=iso_millis(row.created_at),
        updated_at=iso_millis(row.updated_at),
        **asdict(row.rules),
    )


def _notification(row: Recorded) -> shapes.NotificationShape:
    one = row.notification
    return shapes.NotificationShape(
        id=ids.owned("ntf", one.account, one.number),
        kind=one.kind,
        identifier=one.identifier,
        account_id=ids.account(one.account),
        workspace_id=ids.owned("ws", one.account, one.scope) if one.scope else None,
        dedup_key=one.dedup_key,
        fired_at=iso_millis(one.fired_at),
        payload=Raw(one.payload),
        email_sent=row.email_sent,
        webhook_sent=row.webhook_sent,
    )


def _scope(account: AccountId, found: ScopeState) -> shapes.ScopeStateShape:
    is_balance = found.watch.period == 0
    place = found.workspace
    return shapes.ScopeStateShape(
        workspace_id=None if place is None else ids.owned("ws", account, place.number),
        workspace=None if place is None else place.name,
        enabled=found.watch.enabled,
        period_minutes=None if is_balance else found.watch.period // MINUTE,
        value_cents=cents(found.value),
        tiers=[
            shapes.TierStateShape(
                tier=one.tier.tier,
                cents=one.tier.cents,
                armed=one.fired_at is None,
                fired_at=None if one.fired_at is None else iso_millis(one.fired_at),
                distance_cents=cents(
                    max(0, (found.value - one.tier.cents * CENT) * (1 if is_balance else -1))
                ),
                crossings=one.crossings,
            )
            for one in found.tiers
        ],
    )


BASE = "/v2/billing/notifications"
CONFIG, OVERRIDE = f"{BASE}/config", f"{BASE}/workspaces/{{workspaceId}}/config"


_route = partial(Route, who="account")

ROUTES = [
    _route("GET", CONFIG, get_config, "Get resolved billing notification config", answer=Config),
    _route(
        "PATCH",
        CONFIG,
        patch_config,
        "Upsert billing notification config",
        body=shapes.ConfigPatch,
        answer=Config,
    ),
    _route(
        "GET",
        f"{BASE}/recent",
        recent,
        "List recent billing notification events",
        query=shapes.RecentQuery,
        answer=list[shapes.NotificationShape],
        refusals=("workspace_not_found",),
    ),
    _route("GET", f"{BASE}/state", state, "How every tier stands", answer=shapes.StateShape),
    _route(
        "POST",
        f"{BASE}/preview",
        previewed,
        "What a config would have sent in the last 30 days",
        scope="read",
        body=shapes.ConfigPatch,
        answer=shapes.PreviewShape,
    ),
    _route(
        "GET",
        f"{BASE}/{{id}}/explain",
        explain,
        "Why a notification fired",
        answer=shapes.ExplainShape,
    ),
    _route(
        "GET",
        OVERRIDE,
        get_override,
        "Get workspace billing notification view",
        answer=shapes.WorkspaceView,
    ),
    _route(
        "PATCH",
        OVERRIDE,
        patch_override,
        "Upsert workspace high-usage override",
        body=shapes.OverridePatch,
        answer=shapes.OverrideShape,
    ),
    _route(
        "DELETE",
        OVERRIDE,
        drop_override,
        "Remove workspace high-usage override",
        answer=Ok,
    ),
]
