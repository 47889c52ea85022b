"""The usage report: per workspace and SKU, by day or month if asked, as JSON or CSV."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain import ids
from prepaid.domain.amounts import credit
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, to_datetime
from prepaid.domain.usage import DAY as BY_DAY
from prepaid.domain.usage import MONTH as BY_MONTH
from prepaid.flows import reports
from prepaid.flows.reports import WorkspaceUsage
from prepaid.web import accept, csv_lines, parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Number, Shape

GRAINS: dict[str, Literal["d", "m"]] = {"day": BY_DAY, "month": BY_MONTH}
HEADINGS = ("workspace", "legalName", "archived", "sku", "count", "credits")

Moment = Annotated[
    str,
    Meta(description="A UTC date, or a date-time with an offset", examples=["2026-04-01"]),
]


class UsageQuery(Body, frozen=True, kw_only=True):
    """Which part of the usage. Dates: both ends included; date-times: the end excluded."""

    start_date: Moment | None = None
    end_date: Moment | None = None
    workspace: Annotated[str, Meta(description="The name of a workspace")] | None = None
    group_by: (
        Annotated[Literal["day", "month"], Meta(description="Rows per UTC day or month")] | None
    ) = None


class UsageWorkspace(Shape, frozen=True, omit_defaults=True, kw_only=True):
    """Whose usage a row is."""

    name: str
    legal_name: str
    is_default: bool
    archived: bool = False


class UsageLine(Shape, frozen=True, kw_only=True):
    """Usage of one SKU."""

    sku: str
    count: int
    total_credits: Number


class UsageRow(Shape, frozen=True, kw_only=True):
    """Usage of one workspace; `workspace` null is the account-wide bucket."""

    period: Annotated[str, Meta(examples=["2026-04-30", "2026-04"])] | UnsetType = UNSET
    workspace: UsageWorkspace | None
    total_credits_used: Number
    total_requests: int
    breakdown: list[UsageLine]


async def usage(call: Call) -> Answer:
    """The usage report. With `groupBy`, a row per period and workspace that has usage in it."""
    return await of_account(call, call.account)


async def of_account(call: Call, account: AccountId) -> Answer:
    """The usage report of an account, for the customer and for the operator."""
    rows = await _rows(call, account)
    wanted = call.request.headers.get("accept")
    if accept.chosen(wanted, (accept.JSON, accept.CSV)) == accept.JSON:
        return Answer(rows, headers=(accept.VARIES,))
    data = csv_lines.lines(_lines(rows, has_periods=call.query.group_by is not None))
    return Answer(data, headers=(accept.VARIES,), media_type=accept.CSV)


async def _rows(call: Call, account: AccountId) -> list[UsageRow]:
    wanted: UsageQuery = call.query
    start, end = parsing.period(wanted.start_date, wanted.end_date)
    report = await reports.usage_report(
        call.desk,
        account,
        reports.BEGINNING if start is None else max(start, reports.BEGINNING),
        reports.END if end is None else min(end, reports.END),
        wanted.workspace,
        None if wanted.group_by is None else GRAINS[wanted.group_by],
    )
    return [_row(row, wanted.group_by) for row in report]


def _row(row: WorkspaceUsage, group_by: Literal["day", "month"] | None) -> UsageRow:
    place = row.workspace
    return UsageRow(
        period=UNSET if group_by is None else _period(row.period, group_by),
        workspace=None
        if place is None
        else UsageWorkspace(
            name=place.name,
            legal_name=place.legal_name,
            is_default=place.number == ids.DEFAULT,
            archived=place.archived_at is not None,
        ),
        total_credits_used=credit(sum(line.micros for line in row.lines)),
        total_requests=sum(line.requests for line in row.lines),
        breakdown=[
            UsageLine(sku=line.sku, count=line.requests, total_credits=credit(line.micros))
            for line in row.lines
        ],
    )


def _period(day: int, group_by: Literal["day", "month"]) -> str:
    text = to_datetime(day * DAY).date().isoformat()
    return text if group_by == "day" else text[: len("2026-04")]


def _lines(rows: Sequence[UsageRow], *, has_periods: bool) -> Iterator[Sequence[object]]:
    yield ("period", *HEADINGS) if has_periods else HEADINGS
    for row in rows:
        place = row.workspace
        whose = ("", "", "false")
        if place is not None:
            archived = "true" if place.archived else "false"
            whose = (csv_lines.text(place.name), csv_lines.text(place.legal_name), archived)
        first = (row.period, *whose) if has_periods else whose
        for line in row.breakdown:
            yield (*first, line.sku, line.count, csv_lines.number(line.total_credits))


ROUTES = [
    Route(
        "GET",
        "/v2/workspaces/usage",
        usage,
        "Get usage report per workspace",
        who="account",
        query=UsageQuery,
        answer=list[UsageRow],
        also_as=(accept.CSV,),
        refusals=("workspace_not_found",),
    ),
]
