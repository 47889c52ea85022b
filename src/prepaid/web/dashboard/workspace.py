"""A workspace's own page: its usage by SKU and day, its legal name, its limit, its end."""

import msgspec
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.instants import day_of
from prepaid.domain.limits import CALENDAR_MONTH, Limit
from prepaid.domain.refusals import invalid
from prepaid.flows import limits, usage_pages, workspaces
from prepaid.flows.metering import fresh
from prepaid.flows.overview import WorkspaceRow
from prepaid.web import parsing
from prepaid.web.alert_shapes import CENTS_MAX, Minutes
from prepaid.web.dashboard.chart_data import chart_of
from prepaid.web.dashboard.forms import Credits, Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.shown import minutes
from prepaid.web.dashboard.usage import UNNAMED
from prepaid.web.shapes import LegalName
from prepaid.web.workspaces import LEGAL_NAME_MAX

DAYS = 30
SKUS_MAX = 100
USUAL_MINUTES = (60, 1_440, 10_080, 43_200)


class LegalNameForm(Form, frozen=True, kw_only=True):
    """Another legal name."""

    legal_name: LegalName


class LimitForm(Form, frozen=True, kw_only=True):
    """Another spend limit. No period: no limit."""

    period: str | None = None
    cents: Credits | None = None


async def show(visit: Visit) -> Response:
    """How the workspace stands."""
    row = await _workspace(visit)
    account = await fresh(visit.desk, visit.account)
    now = account.time(visit.desk.clock())
    today = day_of(now)
    first, end = today - DAYS + 1, today + 1
    days = usage_pages.Days(first, end, today)
    mine = usage_pages.Which(among=[row.number])
    used = await usage_pages.page(
        visit.desk, visit.account, days, mine, skip=0, limit=1, lines=SKUS_MAX
    )
    bars = await usage_pages.bars(visit.desk, visit.account, days, mine, workspaces=1)
    spent = [sum(values) for values in zip(*(one.micros for one in bars.series), strict=True)]
    named = [(UNNAMED if one.what is None else str(one.what), one.micros) for one in bars.series]
    standing = await limits.one(visit.desk, visit.account, row)
    return visit.show(
        "workspace.html",
        workspace=row,
        is_default=row.number == ids.DEFAULT,
        standing=None if row.archived_at is not None else standing.standing,
        lines=used.shown[0].lines if used.shown else [],
        requests=used.requests,
        days=spent or [0],
        chart=chart_of(bars.starts, named) if used.found else None,
        periods=_periods(row.limit),
    )


def _periods(limit: Limit | None) -> list[tuple[str, str]]:
    known = sorted({*USUAL_MINUTES, (limit and limit.minutes) or USUAL_MINUTES[0]})
    rolling = [(str(number), f"in any {minutes(number)}") for number in known]
    return [("", "No limit"), (CALENDAR_MONTH, "in a calendar month"), *rolling]


async def rename(visit: Visit) -> Response:
    """Another legal name; reports of the past keep the old one where they were frozen."""
    row = await _workspace(visit)
    wanted = parsing.plain_text(visit.form(LegalNameForm).legal_name, "legalName", LEGAL_NAME_MAX)
    await visit.noted(
        workspaces.change(visit.desk, visit.account, row.name, wanted),
        "workspace renamed",
        row.name,
        f"{row.legal_name} → {wanted}",
    )
    return visit.go(_here(visit), "The legal name is saved.")


async def limit(visit: Visit) -> Response:
    """Another spend limit, or none."""
    row = await _workspace(visit)
    wanted = _limit(visit.form(LimitForm))
    await visit.noted(
        workspaces.change(visit.desk, visit.account, row.name, limit=wanted),
        "spend limit changed",
        row.name,
        f"{_said(row.limit)} → {_said(wanted)}",
    )
    return visit.go(_here(visit), "The limit is saved." if wanted else "There is no limit now.")


def _limit(form: LimitForm) -> Limit | None:
    if form.period is None:
        return None
    if form.cents is None or not 0 <= form.cents <= CENTS_MAX:
        raise invalid("cents", "must be an amount of credits, at least 0")
    if form.period == CALENDAR_MONTH:
        return Limit(int(form.cents), None)
    try:
        return Limit(int(form.cents), msgspec.convert(form.period, Minutes, strict=False))
    except msgspec.ValidationError as error:
        raise invalid("period", "must be one of those offered") from error


def _said(wanted: Limit | None) -> str:
    if wanted is None:
        return "none"
    period = "calendar month" if wanted.minutes is None else minutes(wanted.minutes)
    return f"{wanted.cents / 100:.2f} credits per {period}"


async def archive(visit: Visit) -> Response:
    """Take it out of use."""
    row = await _workspace(visit)
    await visit.noted(
        workspaces.archive(visit.desk, visit.account, row.name), "workspace archived", row.name
    )
    return visit.go(visit.url("/workspaces"), f"The workspace {row.name} is archived.")


async def _workspace(visit: Visit) -> WorkspaceRow:
    number = visit.named("ws", "workspace", "the workspace").number
    return await workspaces.one(visit.desk, visit.account, number)


def _here(visit: Visit) -> str:
    return visit.url("/workspaces/" + visit.path["workspace"])


PATH = "/dashboard/{account}/workspaces/{workspace}"
PAGES = [
    Page("GET", PATH, show),
    Page("POST", PATH + "/legal-name", rename, again=show),
    Page("POST", PATH + "/limit", limit, again=show),
    Page("POST", PATH + "/archive", archive),
]
