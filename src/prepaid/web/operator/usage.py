"""The operator's view of an account's workspaces and usage: the same as the account's own."""

from prepaid.web import accept, parsing
from prepaid.web import usage as reports
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.usage import UsageQuery, UsageRow
from prepaid.web.workspaces import WorkspaceBody, WorkspaceShape, listed, made


async def usage(call: Call) -> Answer:
    """The usage report of an account."""
    return await reports.of_account(call, parsing.account_id(call.path["id"]))


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
        also_as=(accept.CSV,),
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
