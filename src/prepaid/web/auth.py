"""Who is asking: the operator by `x-operator-key`, an account by `x-api-key`."""

import hmac

from starlette.requests import Request

from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal
from prepaid.flows import accounts
from prepaid.flows.desk import Desk
from prepaid.web.routing import Route

OPERATOR_HEADER = "x-operator-key"
API_HEADER = "x-api-key"


def check_operator(sent: bytes | None, operator_key: bytes) -> None:
    """Let the operator in.

    Raises:
        Refusal: `401 unauthorized`.
    """
    if not sent:
        message = f"send the operator key in the header {OPERATOR_HEADER}"
        raise Refusal("unauthorized", message)
    if not hmac.compare_digest(sent, operator_key):
        message = f"the operator key in the header {OPERATOR_HEADER} is wrong"
        raise Refusal("unauthorized", message)


async def account_of(request: Request, route: Route, desk: Desk) -> AccountId:
    """The account whose key was sent, if the key may do what the route does.

    Raises:
        Refusal: `401 unauthorized`, `403 forbidden`, `403 account_closed`.
    """
    sent = request.headers.get(API_HEADER)
    if sent is None:
        raise Refusal("unauthorized", f"send an API key in the header {API_HEADER}")
    row = await accounts.who(desk, sent)
    if route.needed_scope == "full" and row.scope != "full":
        raise Refusal("forbidden", "this key only reads; use one with the scope full")
    return row.account_id
