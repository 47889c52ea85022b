"""The forms of notification rules on the billing page: saved, or tried on the last 30 days."""

from starlette.responses import Response

from prepaid.domain.refusals import invalid, not_found
from prepaid.flows import alerting
from prepaid.web.alert_shapes import ConfigPatch
from prepaid.web.dashboard.billing import page, rule_words
from prepaid.web.dashboard.billing.page import CONCERNS, KINDS, RuleKind
from prepaid.web.dashboard.billing.rehearsed import rehearsed
from prepaid.web.dashboard.billing.rule_forms import RulesForm, changes
from prepaid.web.dashboard.pages import Page, Visit


async def save(visit: Visit) -> Response:
    """Other rules of one kind."""
    kind = _kind(visit)
    before = await alerting.config(visit.desk, visit.account)
    wanted = rule_words.differing(before, _wanted(visit, kind))
    if not wanted:
        return visit.go(visit.url("/billing"), f"{kind.title}: nothing was changed.")
    await visit.noted(
        alerting.change_config(visit.desk, visit.account, wanted),
        "notification rules changed",
        kind.title,
        rule_words.told(before, wanted),
    )
    return visit.go(visit.url("/billing"), f"{kind.title}: the rules are saved.")


async def preview(visit: Visit) -> Response:
    """What the rules as they are typed would have sent; saves nothing."""
    kind = _kind(visit)
    if kind.id not in CONCERNS:
        raise not_found("this page")
    found = await rehearsed(
        visit.desk, visit.account, _wanted(visit, kind), kind.enabled, CONCERNS[kind.id]
    )
    return await page.show(visit, (kind.id, found))


def _kind(visit: Visit) -> RuleKind:
    found = KINDS.get(visit.path["kind"])
    if found is None:
        raise not_found("this page")
    return found


def _wanted(visit: Visit, kind: RuleKind) -> dict[str, object]:
    """What the form says of its kind. A form of another kind says nothing here."""
    wanted = changes(visit.form(RulesForm), ConfigPatch)
    if kind.tiers_max and f"{kind.prefix}_tiers" not in wanted:
        raise invalid(f"{kind.wire}Tiers", "must have at least one tier")
    if kind.is_windowed and f"{kind.prefix}_period_minutes" not in wanted:
        raise invalid(f"{kind.wire}PeriodMinutes", "is required")
    return {name: wanted[name] for name in wanted if name.startswith(kind.prefix)}


PATH = "/dashboard/{account}/billing/rules/{kind}"
PAGES = [
    Page("POST", PATH, save, again=page.show),
    Page("POST", PATH + "/preview", preview, again=page.show),
]
