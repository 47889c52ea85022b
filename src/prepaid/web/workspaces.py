"""The customer's routes for workspaces, and the usage report."""

import re
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain import ids
from prepaid.domain.amounts import credit
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import iso_millis
from prepaid.domain.refusals import not_found
from prepaid.flows import reports, workspaces
from prepaid.flows.reports import WorkspaceUsage
from prepaid.store.workspaces import WorkspaceRow
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, LegalName, Number, Ok, Shape, WorkspaceName

LEGAL_NAME_MAX = 255

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class WorkspaceBody(Body, frozen=True, kw_only=True):
    """A new workspace."""

    name: WorkspaceName
    legal_name: LegalName


class WorkspacePatch(Body, frozen=True, kw_only=True):
    """Another legal name."""

    legal_name: LegalName | UnsetType = UNSET


class WorkspaceShape(Shape, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    name: str
    legal_name: str
    is_default: bool
    created_at: str
    updated_at: str


Moment = Annotated[
    str,
    Meta(description="A UTC date, or a date-time with an offset", examples=["2026-04-01"]),
]


class UsageQuery(Body, frozen=True, kw_only=True):
    """Which part of the usage. Dates: both ends included; date-times: the end excluded."""

    start_date: Moment | None = None
    end_date: Moment | None = None
    workspace: Annotated[str, Meta(description="The name of a workspace")] | None = None


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

    workspace: UsageWorkspace | None
    total_credits_used: Number
    total_requests: int
    breakdown: list[UsageLine]


async def every(call: Call) -> Answer:
    """The active workspaces."""
    return await listed(call, call.account)


async def listed(call: Call, account: AccountId) -> Answer:
    """The active workspaces of an account, for the customer and for the operator."""
    rows = await workspaces.every(call.desk, account)
    return Answer([_shape(account, row) for row in rows])


async def create(call: Call) -> Answer:
    """A new workspace."""
    return await made(call, call.account)


async def made(call: Call, account: AccountId) -> Answer:
    """A new workspace of an account, for the customer and for the operator."""
    body: WorkspaceBody = call.body
    legal_name = parsing.plain_text(body.legal_name, "legalName", LEGAL_NAME_MAX)
    row = await workspaces.create(call.desk, account, body.name, legal_name)
    return Answer(_shape(account, row), 201)


async def rename(call: Call) -> Answer:
    """Another legal name."""
    wanted = call.body.legal_name
    legal_name = None
    if wanted is not UNSET:
        legal_name = parsing.plain_text(wanted, "legalName", LEGAL_NAME_MAX)
    row = await workspaces.rename(call.desk, call.account, _name(call), legal_name)
    return Answer(_shape(call.account, row))


async def archive(call: Call) -> Answer:
    """Take it out of use."""
    await workspaces.archive(call.desk, call.account, _name(call))
    return Answer(Ok())


async def usage(call: Call) -> Answer:
    """The usage report."""
    return Answer(await usage_rows(call, call.account))


async def usage_rows(call: Call, account: AccountId) -> list[UsageRow]:
    """The usage report of an account, for the customer and for the operator."""
    wanted: UsageQuery = call.query
    start, end = parsing.period(wanted.start_date, wanted.end_date)
    report = await reports.usage_report(
        call.desk,
        account,
        reports.BEGINNING if start is None else max(start, reports.BEGINNING),
        reports.END if end is None else min(end, reports.END),
        wanted.workspace,
    )
    return [_usage_row(row) for row in report]


def _name(call: Call) -> str:
    """The name in the path; one that no workspace can have is not looked for."""
    name = call.path["name"]
    if not _NAME.fullmatch(name):
        raise not_found("a workspace of this name")
    return name


def _shape(account: AccountId, row: WorkspaceRow) -> WorkspaceShape:
    return WorkspaceShape(
        id=ids.owned("ws", account, row.number),
        name=row.name,
        legal_name=row.legal_name,
        is_default=row.number == ids.DEFAULT,
        created_at=iso_millis(row.created_at),
        updated_at=iso_millis(row.updated_at),
    )


def _usage_row(row: WorkspaceUsage) -> UsageRow:
    place = row.workspace
    return UsageRow(
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


BASE = "/v2/workspaces"
ROUTES = [
    Route(
        "GET",
        BASE,
        every,
        "List all workspaces",
        who="account",
        answer=list[WorkspaceShape],
    ),
    Route(
        "POST",
        BASE,
        create,
        "Create a new workspace",
        who="account",
        body=WorkspaceBody,
        answer=WorkspaceShape,
        status=201,
        refusals=("workspace_exists", "workspace_name_reserved"),
    ),
    Route(
        "GET",
        BASE + "/usage",
        usage,
        "Get usage report per workspace",
        who="account",
        query=UsageQuery,
        answer=list[UsageRow],
    ),
    Route(
        "PATCH",
        BASE + "/{name}",
        rename,
        "Update a workspace",
        who="account",
        body=WorkspacePatch,
        answer=WorkspaceShape,
    ),
    Route(
        "DELETE",
        BASE + "/{name}",
        archive,
        "Delete a workspace",
        who="account",
        answer=Ok,
        refusals=("default_workspace",),
    ),
]
