"""The customer's routes for workspaces."""

import re

from msgspec import UNSET, UnsetType

from prepaid.domain import ids
from prepaid.domain.amounts import cents
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import iso_millis, iso_millis_from
from prepaid.domain.refusals import not_found
from prepaid.flows import limits, workspaces
from prepaid.flows.limits import Limited
from prepaid.web import limit_shapes, parsing
from prepaid.web.limit_shapes import SpendLimitBody, SpendLimitShape
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, LegalName, Number, Ok, Shape, WorkspaceName

LEGAL_NAME_MAX = 255

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class WorkspaceBody(Body, frozen=True, kw_only=True):
    """A new workspace."""

    name: WorkspaceName
    legal_name: LegalName
    spend_limit: SpendLimitBody | None = None


class WorkspacePatch(Body, frozen=True, kw_only=True):
    """Another legal name, another spend limit; `spendLimit` null takes it away, omitted keeps."""

    legal_name: LegalName | UnsetType = UNSET
    spend_limit: SpendLimitBody | UnsetType | None = UNSET


class WorkspaceShape(Shape, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    name: str
    legal_name: str
    is_default: bool
    created_at: str
    updated_at: str
    spend_limit: SpendLimitShape | None
    spend_in_period_cents: Number | None  # within the limit's period; null without a limit
    limit_reached: bool  # nothing that costs credit can be charged now
    limit_frees_at: str | None  # when it can be again, if the limit is reached; null: never


async def every(call: Call) -> Answer:
    """The active workspaces."""
    return await listed(call, call.account)


async def listed(call: Call, account: AccountId) -> Answer:
    """The active workspaces of an account, for the customer and for the operator."""
    found = await limits.every(call.desk, account)
    return Answer([_shape(account, one) for one in found])


async def create(call: Call) -> Answer:
    """A new workspace."""
    return await made(call, call.account)


async def made(call: Call, account: AccountId) -> Answer:
    """A new workspace of an account, for the customer and for the operator."""
    body: WorkspaceBody = call.body
    legal_name = parsing.plain_text(body.legal_name, "legalName", LEGAL_NAME_MAX)
    limit = limit_shapes.limit_of(body.spend_limit)
    row = await workspaces.create(call.desk, account, body.name, legal_name, limit)
    return Answer(_shape(account, await limits.one(call.desk, account, row)), 201)


async def one(call: Call) -> Answer:
    """One active workspace."""
    row = await workspaces.active(call.desk, call.account, _name(call))
    return Answer(_shape(call.account, await limits.one(call.desk, call.account, row)))


async def change(call: Call) -> Answer:
    """Another legal name, another spend limit, or both at once."""
    wanted: WorkspacePatch = call.body
    legal_name = None
    if wanted.legal_name is not UNSET:
        legal_name = parsing.plain_text(wanted.legal_name, "legalName", LEGAL_NAME_MAX)
    limit = UNSET if wanted.spend_limit is UNSET else limit_shapes.limit_of(wanted.spend_limit)
    row = await workspaces.change(call.desk, call.account, _name(call), legal_name, limit)
    return Answer(_shape(call.account, await limits.one(call.desk, call.account, row)))


async def archive(call: Call) -> Answer:
    """Take it out of use."""
    await workspaces.archive(call.desk, call.account, _name(call))
    return Answer(Ok())


def _name(call: Call) -> str:
    """The name in the path; one that no workspace can have is not looked for."""
    name = call.path["name"]
    if not _NAME.fullmatch(name):
        raise not_found("a workspace of this name")
    return name


def _shape(account: AccountId, found: Limited) -> WorkspaceShape:
    row, standing = found.row, found.standing
    frees_at = None if standing is None else standing.frees_at
    return WorkspaceShape(
        id=ids.owned("ws", account, row.number),
        name=row.name,
        legal_name=row.legal_name,
        is_default=row.number == ids.DEFAULT,
        created_at=iso_millis(row.created_at),
        updated_at=iso_millis(row.updated_at),
        spend_limit=limit_shapes.shape(row.limit),
        spend_in_period_cents=None if standing is None else cents(standing.spent),
        limit_reached=standing is not None and standing.is_reached,
        limit_frees_at=None if frees_at is None else iso_millis_from(frees_at),
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
    Route("GET", BASE + "/{name}", one, "One workspace", who="account", answer=WorkspaceShape),
    Route(
        "PATCH",
        BASE + "/{name}",
        change,
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
