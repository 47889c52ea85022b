"""The operator's view of an account's workspaces and usage: the same as the account's own."""

from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.workspaces import (
    UsageQuery,
    UsageRow,
    WorkspaceBody,
    WorkspaceShape,
    listed,
    made,
    usage_rows,
)


async def usage(call: Call) -> Answer:
    """The usage report of an account."""
    return Answer(await usage_rows(call, parsing.account_id(call.path["id"])))


async def workspaces(call: Call) -> Answer:
    """The active workspaces of an account."""
    return await listed(call, parsing.account_id(call.path["id"]))


async def create_workspace(call: Call) -> Answer:
    """A new workspace of an account."""
    return await made(call, parsing.account_id(call.path["id"]))


ACCOUNT = "/v2/operator/accounts/{id}"
ROUTES = [
    Route(
        "GET",
        ACCOUNT + "/usage",
        usage,
        "Usage report of an account",
        query=UsageQuery,
        answer=list[UsageRow],
        refusals=("workspace_not_found",),
    ),
    Route(
        "GET",
        ACCOUNT + "/workspaces",
        workspaces,
        "Workspaces of an account",
        answer=list[WorkspaceShape],
    ),
    Route(
        "POST",
        ACCOUNT + "/workspaces",
        create_workspace,
        "Create a workspace of an account",
        body=WorkspaceBody,
        answer=WorkspaceShape,
        status=201,
        refusals=("workspace_exists", "workspace_name_reserved"),
    ),
]
