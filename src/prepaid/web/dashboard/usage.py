"""The usage page: any days, by workspace and SKU, as a chart, a table and a file."""

from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from prepaid.domain.amounts import Micros, credit
from prepaid.domain.refusals import Refusal
from prepaid.flows import reports, usage_by_sku
from prepaid.flows.metering import fresh
from prepaid.flows.overview import WorkspaceRow
from prepaid.flows.reports import WorkspaceUsage
from prepaid.web import accept, csv_lines
from prepaid.web import usage as api
from prepaid.web.dashboard import ranges
from prepaid.web.dashboard.chart_data import Chart, chart
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.ranges import PRESETS, Days, RangeQuery

PAGE_SIZE = 100
CHART_DAYS_MAX = 184
UNNAMED = "All others"


class UsageQuery(RangeQuery, frozen=True, kw_only=True):
    """What the address of the page says."""

    workspace: str | None = None
    sku: str | None = None
    page: int = 1


class Row(Struct, frozen=True):
    """A line of the report; workspace None: the account-wide bucket."""

    workspace: WorkspaceRow | None
    sku: str
    requests: int
    micros: Micros


async def show(visit: Visit) -> Response:
    """Usage of some days."""
    problem, query = None, UsageQuery()
    try:
        query = visit.query(UsageQuery)
        wanted, rows, report = await _report(visit, query)
    except Refusal as refusal:
        problem = refusal
        wanted, rows, report = await _report(visit, query := UsageQuery())
    first = (max(query.page, 1) - 1) * PAGE_SIZE
    return visit.show(
        "usage.html",
        status=200 if problem is None else 400,
        problem=problem,
        query=query,
        days=wanted,
        chart_days_max=CHART_DAYS_MAX,
        preset_tabs=_tabs(query, wanted),
        rows=rows[first : first + PAGE_SIZE],
        found=len(rows),
        skus=sorted({line.sku for one in report for line in one.lines}),
        requests=sum(row.requests for row in rows),
        micros=sum(row.micros for row in rows),
        workspaces=len({row.workspace.number if row.workspace else None for row in rows}),
        chart=await _chart(visit, wanted, query, report) if rows else None,
        pages=_pages(query, wanted, len(rows)),
        file=visit.url("/usage.csv?" + urlencode(_said(query, wanted))),
    )


async def download(visit: Visit) -> Response:
    """The lines as a file, whatever page is shown."""
    query = visit.query(UsageQuery)
    wanted, rows, _ = await _report(visit, query)
    data = csv_lines.lines([api.HEADINGS, *map(_line, rows)])
    name = f"usage-{wanted.start_date}-{wanted.end_date}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=accept.CSV, headers=headers)


async def _report(visit: Visit, query: UsageQuery) -> tuple[Days, list[Row], list[WorkspaceUsage]]:
    account = await fresh(visit.desk, visit.account)
    now = max(visit.desk.clock() + account.clock_offset, account.at)
    wanted = ranges.days(query, now)
    report = await reports.usage_report(
        visit.desk, visit.account, wanted.start, wanted.stop, query.workspace
    )
    rows = [
        Row(one.workspace, line.sku, line.requests, line.micros)
        for one in report
        for line in one.lines
        if query.sku is None or line.sku == query.sku
    ]
    rows.sort(key=lambda row: (-row.micros, row.workspace.name if row.workspace else "", row.sku))
    return wanted, rows, report


async def _chart(
    visit: Visit, wanted: Days, query: UsageQuery, report: list[WorkspaceUsage]
) -> Chart | None:
    if wanted.end - wanted.first > CHART_DAYS_MAX:
        return None
    among = None
    if query.workspace is not None:
        among = [one.workspace.number for one in report if one.workspace is not None]
    series = await usage_by_sku.by_sku(
        visit.desk, visit.account, wanted.first, wanted.end, among, query.sku
    )
    named = [(UNNAMED if one.sku is None else one.sku, one.micros) for one in series]
    return chart(wanted.first, wanted.end - wanted.first, named)


def _line(row: Row) -> tuple[object, ...]:
    place, credits = row.workspace, csv_lines.number(credit(row.micros))
    if place is None:
        return ("", "", "false", row.sku, row.requests, credits)
    is_archived = "false" if place.archived_at is None else "true"
    names = (csv_lines.text(place.name), csv_lines.text(place.legal_name))
    return (*names, is_archived, row.sku, row.requests, credits)


def _said(query: UsageQuery, wanted: Days) -> dict[str, str]:
    """The query as an address says it, without its page."""
    said = {"startDate": wanted.start_date, "endDate": wanted.end_date}
    if wanted.preset is not None:
        said = {"range": wanted.preset}
    named = {"workspace": query.workspace, "sku": query.sku}
    return said | {name: text for name, text in named.items() if text is not None}


def _tabs(query: UsageQuery, wanted: Days) -> list[tuple[str, str, bool]]:
    """The usual days, each with its address and whether it is shown."""
    kept = {"workspace": query.workspace, "sku": query.sku}
    said = {name: text for name, text in kept.items() if text is not None}
    return [
        (label, "?" + urlencode({"range": preset} | said), preset == wanted.preset)
        for preset, label in PRESETS
    ]


def _pages(query: UsageQuery, wanted: Days, found: int) -> tuple[str, str]:
    """Addresses of the page before and the page after; empty where there is none."""

    def at(page: int) -> str:
        return "?" + urlencode(_said(query, wanted) | {"page": str(page)})

    before = at(query.page - 1) if query.page > 1 else ""
    return before, at(query.page + 1) if query.page * PAGE_SIZE < found else ""


PAGES = [
    Page("GET", "/dashboard/{account}/usage", show),
    Page("GET", "/dashboard/{account}/usage.csv", download),
]
