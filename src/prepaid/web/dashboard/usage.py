"""The usage page: any days, by workspace and SKU, as a chart, a table and a file."""

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.amounts import credit
from prepaid.domain.instants import day_of
from prepaid.domain.refusals import Refusal
from prepaid.flows import reports, usage_pages, workspaces
from prepaid.flows.metering import fresh
from prepaid.flows.overview import WorkspaceRow
from prepaid.flows.reports import Line
from prepaid.flows.usage_pages import UsagePage, Which
from prepaid.web import accept, csv_lines
from prepaid.web import usage as api
from prepaid.web.dashboard import paging, ranges
from prepaid.web.dashboard.chart_data import Chart, chart_of
from prepaid.web.dashboard.form_state import sentence
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.ranges import PRESETS, Days, RangeQuery

PAGE_SIZE = 25
LINES_MAX = 40  # SKUs of a workspace
UNNAMED = "All others"
WITHOUT = "Without workspace"


class UsageQuery(RangeQuery, frozen=True, kw_only=True):
    """What the address of the page says."""

    workspace: str | None = None
    sku: str | None = None
    page: int = 1


class Found(NamedTuple):
    """What a page shows: its days, what was used, and by whom."""

    days: Days
    used: UsagePage
    places: dict[int, WorkspaceRow]
    chart: Chart | None


async def show(visit: Visit) -> Response:
    """Usage of some days."""
    query = UsageQuery()
    try:
        query = visit.query(UsageQuery)
        found = await _found(visit, query)
    except Refusal as refusal:
        return await _refused(visit, query, refusal)
    return visit.show(
        "usage.html",
        problem="",
        asked={"startDate": found.days.start_date, "endDate": found.days.end_date} | _named(query),
        query=query,
        days=found.days,
        preset_tabs=_tabs(query, found.days),
        used=found.used,
        places=found.places,
        skus=await usage_pages.skus(visit.desk, visit.account, found.days.first),
        chart=found.chart,
        pages=_pages(query, found.days, found.used.found),
        file=visit.url("/usage.csv?" + urlencode(_said(query, found.days))),
    )


async def _refused(visit: Visit, query: UsageQuery, refusal: Refusal) -> Response:
    """What was typed, and what is wrong with it; no figures, which would be of something else."""
    try:
        days, _ = await _days(visit, query)
    except Refusal:
        days, _ = await _days(visit, UsageQuery())
    typed = {name: text for name, text in visit.request.query_params.items() if text}
    return visit.show(
        "usage.html",
        status=400,
        problem=sentence(refusal.message),
        asked={"startDate": days.start_date, "endDate": days.end_date} | typed,
        query=query,
        days=days,
        preset_tabs=_tabs(UsageQuery(), days),
        used=None,
        skus=await usage_pages.skus(visit.desk, visit.account, days.first),
        file="",
    )


async def download(visit: Visit) -> Response:
    """The lines as a file, whatever page is shown: the report of the API."""
    query = visit.query(UsageQuery)
    wanted, _ = await _days(visit, query)
    report = await reports.usage_report(
        visit.desk, visit.account, wanted.start, wanted.stop, query.workspace
    )
    lines = [
        _line(one.workspace, line)
        for one in report
        for line in one.lines
        if query.sku is None or line.sku == query.sku
    ]
    name = f"usage-{wanted.start_date}-{wanted.end_date}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    data = csv_lines.lines([api.HEADINGS, *lines])
    return Response(data, media_type=accept.CSV, headers=headers)


async def _days(visit: Visit, query: UsageQuery) -> tuple[Days, int]:
    """The days that are asked for, and which one is today."""
    account = await fresh(visit.desk, visit.account)
    now = account.time(visit.desk.clock())
    return ranges.days(query, now), day_of(now)


async def _found(visit: Visit, query: UsageQuery) -> Found:
    wanted, today = await _days(visit, query)
    places = {one.number: one for one in await workspaces.ever(visit.desk, visit.account)}
    which = Which(sku=query.sku)
    if query.workspace is not None:
        named = [number for number, one in places.items() if one.name == query.workspace]
        if not named:
            raise reports.workspace_unknown(query.workspace)
        which = Which(among=named, sku=query.sku)
    days = usage_pages.Days(wanted.first, wanted.end, today)
    used = await usage_pages.page(
        visit.desk,
        visit.account,
        days,
        which,
        skip=paging.skip(query.page, PAGE_SIZE),
        limit=PAGE_SIZE,
        lines=LINES_MAX,
    )
    chart = await _chart(visit, days, which, places) if used.found else None
    return Found(wanted, used, places, chart)


async def _chart(
    visit: Visit, days: usage_pages.Days, which: Which, places: dict[int, WorkspaceRow]
) -> Chart:
    bars = await usage_pages.bars(visit.desk, visit.account, days, which, len(places))
    named = [(_name(one.what, places), one.micros) for one in bars.series]
    return chart_of(bars.starts, named)


def _name(what: int | str | None, places: dict[int, WorkspaceRow]) -> str:
    if what is None:
        return UNNAMED
    if isinstance(what, str):
        return what
    return WITHOUT if what == ids.ACCOUNT_WIDE else places[what].name


def _line(place: WorkspaceRow | None, line: Line) -> tuple[object, ...]:
    used = (line.sku, line.requests, csv_lines.number(credit(line.micros)))
    if place is None:
        return ("", "", "false", *used)
    is_archived = "false" if place.archived_at is None else "true"
    return (csv_lines.text(place.name), csv_lines.text(place.legal_name), is_archived, *used)


def _said(query: UsageQuery, wanted: Days) -> dict[str, str]:
    """The query as an address says it, without its page."""
    said = {"startDate": wanted.start_date, "endDate": wanted.end_date}
    if wanted.preset is not None:
        said = {"range": wanted.preset}
    return said | _named(query)


def _named(query: UsageQuery) -> dict[str, str]:
    named = {"workspace": query.workspace, "sku": query.sku}
    return {name: text for name, text in named.items() if text is not None}


def _tabs(query: UsageQuery, wanted: Days) -> list[tuple[str, str, bool]]:
    """The usual days, each with its address and whether it is shown."""
    return [
        (label, "?" + urlencode({"range": preset} | _named(query)), preset == wanted.preset)
        for preset, label in PRESETS
    ]


def _pages(query: UsageQuery, wanted: Days, found: int) -> tuple[str, str]:
    has_more = query.page * PAGE_SIZE < found
    return paging.beside(query.page, _said(query, wanted), has_more=has_more)


PAGES = [
    Page("GET", "/dashboard/{account}/usage", show),
    Page("GET", "/dashboard/{account}/usage.csv", download),
]
