"""The billing page: credit and how it is bought, and what the admins are told of.

Shows; its forms are taken by `rules.py` and `paying.py`.
"""

from collections.abc import Callable

from msgspec import Struct
from starlette.responses import Response

from prepaid.domain.alerting import Config
from prepaid.domain.notifications import Notification
from prepaid.flows import alerting, reports, tier_states
from prepaid.flows.tier_states import ScopeState
from prepaid.flows.topups import topup as topups
from prepaid.store.topups.topup import NO_NUMBER_YET
from prepaid.web.dashboard import guards
from prepaid.web.dashboard.billing import sandbox_cards
from prepaid.web.dashboard.billing.rehearsed import Rehearsed
from prepaid.web.dashboard.billing.rule_forms import HIGH_TIERS_MAX, LOW_TIERS_MAX, Period, period
from prepaid.web.dashboard.form_state import FormState
from prepaid.web.dashboard.forms import NAME
from prepaid.web.dashboard.pages import Page, Visit

KEY_BYTES = 16


class RuleKind(Struct, frozen=True):
    """One card of rules: which fields of the configuration it edits, and how it is told."""

    id: str  # of the form, and of its path
    prefix: str  # of the fields, as the domain writes them
    wire: str  # the same as the API writes it
    switch: str  # the field that turns it on, less the prefix
    title: str
    note: str
    event: str  # what a webhook is called
    tiers_max: int  # 0: it has no tiers
    verb: str
    is_windowed: bool

    @property
    def enabled(self) -> str:
        """The field that turns it on."""
        return f"{self.prefix}_{self.switch}"


LOW_BALANCE = RuleKind(
    id="low-balance",
    prefix="low_balance",
    wire="lowBalance",
    switch="enabled",
    title="Low balance",
    note="Told once when the balance falls to a tier, and again after it was refilled",
    event="billing.low_balance.triggered",
    tiers_max=LOW_TIERS_MAX,
    verb="Balance at or below",
    is_windowed=False,
)
ACCOUNT_USAGE = RuleKind(
    id="account-usage",
    prefix="global_high_usage",
    wire="globalHighUsage",
    switch="enabled",
    title="High usage of the account",
    note="Told when the spend of all workspaces together rises to a tier within the window",
    event="billing.high_usage.triggered, scope global",
    tiers_max=HIGH_TIERS_MAX,
    verb="Spend at or above",
    is_windowed=True,
)
WORKSPACE_USAGE = RuleKind(
    id="workspace-usage",
    prefix="high_usage",
    wire="highUsage",
    switch="enabled",
    title="High usage of a workspace",
    note="Told for each workspace by itself; these rules hold where it has none of its own",
    event="billing.high_usage.triggered, scope workspace",
    tiers_max=HIGH_TIERS_MAX,
    verb="Spend at or above",
    is_windowed=True,
)
TOPUP_NEWS = RuleKind(
    id="topup-news",
    prefix="auto_topup",
    wire="autoTopup",
    switch="notifications_enabled",
    title="Auto top-up outcomes",
    note="Told when credit was bought by itself, and when that failed",
    event="billing.auto_topup.succeeded and .failed",
    tiers_max=0,
    verb="",
    is_windowed=False,
)
KINDS = {one.id: one for one in (LOW_BALANCE, ACCOUNT_USAGE, WORKSPACE_USAGE, TOPUP_NEWS)}

CONCERNS: dict[str, Callable[[Notification], bool]] = {
    LOW_BALANCE.id: lambda one: one.kind == "low_balance",
    ACCOUNT_USAGE.id: lambda one: one.kind == "high_usage" and not one.scope,
    WORKSPACE_USAGE.id: lambda one: one.kind == "high_usage" and bool(one.scope),
}


class RuleCard(Struct, frozen=True):
    """A kind of rules as its card shows it."""

    kind: RuleKind
    form: FormState
    is_on: bool
    email: bool
    webhook: bool
    tiers: tuple[object, ...]
    period: Period | None
    scope: ScopeState | None  # how its tiers stand; None where there are none, or one per workspace
    preview: Rehearsed | None


async def show(visit: Visit, previewed: tuple[str, Rehearsed] | None = None) -> Response:
    """Credit, and the rules of notifications."""
    config = await alerting.config(visit.desk, visit.account)
    states = await tier_states.of_account(visit.desk, visit.account)
    scopes = {LOW_BALANCE.id: states.low_balance, ACCOUNT_USAGE.id: states.everything}
    found = await topups.page(visit.desk, visit.account, NO_NUMBER_YET, 1)
    return visit.show(
        "billing/page.html",
        balance=await reports.balance(visit.desk, visit.account),
        terms=await topups.terms(visit.desk, visit.account),
        used=await topups.used(visit.desk, visit.account),
        running=found[0] if found and found[0].is_running else None,
        cards=[
            _card(visit, kind, config, scopes.get(kind.id), previewed) for kind in KINDS.values()
        ],
        own=len(await alerting.overrides(visit.desk, visit.account)),
        test_cards=sandbox_cards.CARDS if visit.here.sandbox else (),
        buy_key=_buy_key(visit),
        setup_url=visit.told(str),
    )


def _card(
    visit: Visit,
    kind: RuleKind,
    config: Config,
    scope: ScopeState | None,
    previewed: tuple[str, Rehearsed] | None,
) -> RuleCard:
    def now(name: str) -> object:
        return getattr(config, f"{kind.prefix}_{name}")

    form, preview = visit.form_state(kind.id), None
    if previewed is not None and previewed[0] == kind.id:
        form, preview = as_sent(visit), previewed[1]
    minutes = now("period_minutes") if kind.is_windowed else None
    tiers = now("tiers") if kind.tiers_max else ()
    assert isinstance(tiers, tuple), "as the configuration has it"
    return RuleCard(
        kind=kind,
        form=form,
        is_on=bool(now(kind.switch)),
        email=bool(now("email_enabled")),
        webhook=bool(now("webhook_enabled")),
        tiers=tiers,
        period=period(minutes) if isinstance(minutes, int) else None,
        scope=scope,
        preview=preview,
    )


def as_sent(visit: Visit) -> FormState:
    """The form that was sent, to be shown with what was typed into it."""
    return FormState(visit.sent[NAME], guards.token(visit.secret), visit.sent, None)


def _buy_key(visit: Visit) -> str:
    """What makes a form that is sent twice buy once; another one if it was used for another sum."""
    refused = visit.problem
    if refused is not None and refused.code != "idempotency_key_reused" and "key" in visit.sent:
        return visit.sent["key"]
    return visit.desk.token(KEY_BYTES).hex()


PAGES = [Page("GET", "/dashboard/{account}/billing", show)]
