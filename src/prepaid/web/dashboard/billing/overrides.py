"""Rules of single workspaces: which have their own, how their tiers stand, and one to edit."""

from typing import NamedTuple

from msgspec.structs import replace
from starlette.responses import Response

from prepaid.domain.alerting import Override
from prepaid.domain.notifications import Notification
from prepaid.domain.refusals import not_found
from prepaid.flows import alerting, tier_states, workspaces
from prepaid.flows.overview import WorkspaceRow
from prepaid.flows.tier_states import ScopeState
from prepaid.web.alert_shapes import OverridePatch
from prepaid.web.dashboard import paging
from prepaid.web.dashboard.billing import rule_words
from prepaid.web.dashboard.billing.page import as_sent
from prepaid.web.dashboard.billing.rehearsed import Rehearsed, rehearsed
from prepaid.web.dashboard.billing.rule_forms import HIGH_TIERS_MAX, OverrideForm, changes, period
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

PAGE_SIZE = 25
INHERITED = Override()


class ListQuery(Form, frozen=True, kw_only=True):
    """What the address of the list says."""

    search: str = ""
    own: bool = False
    page: int = 1


class Line(NamedTuple):
    """A workspace in the list."""

    row: WorkspaceRow
    own: Override | None
    state: ScopeState


async def listed(visit: Visit) -> Response:
    """The active workspaces: whose rules hold for each, and how its tiers stand."""
    query = visit.query(ListQuery)
    own = await alerting.overrides(visit.desk, visit.account)
    text = query.search.strip()
    found = [
        row
        for row in await workspaces.every(visit.desk, visit.account)
        if (not query.own or row.number in own) and row.is_like(text)
    ]
    page, shown = paging.part(found, query.page, PAGE_SIZE)
    before, after = paging.beside(page, _said(query), has_more=page * PAGE_SIZE < len(found))
    states = await tier_states.of_workspaces(
        visit.desk, visit.account, [row.number for row in shown]
    )
    return visit.show(
        "billing/overrides.html",
        query=query,
        found=len(found),
        own=len(own),
        config=await alerting.config(visit.desk, visit.account),
        lines=[Line(row, own.get(row.number), states[row.number]) for row in shown],
        before=before,
        after=after,
    )


def _said(query: ListQuery) -> dict[str, str]:
    return {"search": query.search} | ({"own": "true"} if query.own else {})


async def show(visit: Visit, preview: Rehearsed | None = None) -> Response:
    """One workspace's rules: what is its own, and what it inherits."""
    row = await _workspace(visit)
    rules = await alerting.workspace_rules(visit.desk, visit.account, row.number)
    states = await tier_states.of_workspaces(visit.desk, visit.account, [row.number])
    own = INHERITED if rules.override is None else rules.override.rules
    minutes = own.high_usage_period_minutes
    return visit.show(
        "billing/override.html",
        workspace=row,
        config=rules.config,
        has_own=rules.override is not None,
        own=own,
        period=period(minutes or rules.config.high_usage_period_minutes),
        state=states[row.number],
        form=visit.form_state("override") if preview is None else as_sent(visit),
        preview=preview,
        tiers_max=HIGH_TIERS_MAX,
    )


async def save(visit: Visit) -> Response:
    """Other rules of its own; when nothing is left of them, it inherits again."""
    row, before, wanted = await _edited(visit)
    found = rule_words.differing(before, wanted)
    if not found:
        return visit.go(_here(visit), "Nothing was changed.")
    change = (
        alerting.change_override(visit.desk, visit.account, row.number, found)
        if any(value is not None for value in wanted.values())
        else alerting.drop_override(visit.desk, visit.account, row.number)
    )
    await visit.noted(change, "workspace rules changed", row.name, rule_words.told(before, found))
    return visit.go(_here(visit), "The workspace's rules are saved.")


async def preview(visit: Visit) -> Response:
    """What the rules as they are typed would have sent for this workspace; saves nothing."""
    row, _, wanted = await _edited(visit)
    config = await alerting.config(visit.desk, visit.account)
    is_inherited = wanted.get("high_usage_enabled") is None

    def concerns(one: Notification) -> bool:
        return one.kind == "high_usage" and one.scope == row.number

    found = await rehearsed(
        visit.desk, visit.account, wanted, "high_usage_enabled", concerns, row.number
    )
    return await show(
        visit, replace(found, is_off=not config.high_usage_enabled) if is_inherited else found
    )


async def inherit(visit: Visit) -> Response:
    """Everything as the account has it."""
    row = await _workspace(visit)
    rules = await alerting.workspace_rules(visit.desk, visit.account, row.number)
    if rules.override is None:
        return visit.go(_here(visit), "The workspace inherits all of its rules already.")
    own = rules.override.rules
    gone = rule_words.differing(own, dict.fromkeys(own.__struct_fields__))
    await visit.noted(
        alerting.drop_override(visit.desk, visit.account, row.number),
        "workspace rules removed",
        row.name,
        rule_words.told(own, gone),
    )
    return visit.go(_here(visit), "The workspace inherits all of its rules again.")


async def _edited(visit: Visit) -> tuple[WorkspaceRow, Override, dict[str, object]]:
    row = await _workspace(visit)
    wanted = changes(visit.form(OverrideForm), OverridePatch)
    rules = await alerting.workspace_rules(visit.desk, visit.account, row.number)
    return row, INHERITED if rules.override is None else rules.override.rules, wanted


async def _workspace(visit: Visit) -> WorkspaceRow:
    number = visit.named("ws", "workspace", "the workspace").number
    row = await workspaces.one(visit.desk, visit.account, number)
    if row.archived_at is not None:
        raise not_found("the workspace")
    return row


def _here(visit: Visit) -> str:
    return visit.url(f"/workspaces/{visit.path['workspace']}/alerts")


PATH = "/dashboard/{account}/workspaces/{workspace}/alerts"
PAGES = [
    Page("GET", "/dashboard/{account}/billing/workspaces", listed),
    Page("GET", PATH, show),
    Page("POST", PATH, save, again=show),
    Page("POST", PATH + "/preview", preview, again=show),
    Page("POST", PATH + "/inherit", inherit, again=show),
]
