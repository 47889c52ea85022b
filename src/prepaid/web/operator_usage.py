"""The operator's view of an account's usage: the same report as the account's own."""

from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.workspaces import UsageQuery, UsageRow, usage_rows


async def usage(call: Call) -> Answer:
    """The usage report of an account."""
    return Answer(await usage_rows(call, parsing.account_id(call.path["id"])))


ROUTES = [
    Route(
        "GET",
        "/v2/operator/accounts/{id}/usage",
        usage,
        "Usage report of an account",
        query=UsageQuery,
        answer=list[UsageRow],
    ),
]
