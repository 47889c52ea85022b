"""A right request for every route. `test_who` fails for a route that has none here.

`{…}` in a path or body is a fact of an estate, see `estate.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prepaid.web import health
from prepaid.web.app import ROUTES
from prepaid.web.metrics import Metrics
from prepaid.web.routing import Route
from tests.kit.door import CHARGES

EVERY_ROUTE = [*ROUTES, *health.routes(Metrics(list))]
SIGNED = {"POST /v2/integrations/stripe/webhook"}  # opened by a signature, see tests/topups

ACCOUNTS, PRICES = "/v2/operator/accounts", "/v2/operator/prices"
ACCOUNT = ACCOUNTS + "/{account}"
WORKSPACES, BILLING, ALERTS = "/v2/workspaces", "/v2/billing", "/v2/billing/notifications"
STATEMENTS = BILLING + "/statements"
OVERRIDE = ALERTS + "/workspaces/{workspace}/config"
PRICE_LIST = {"prices": [{"sku": "report", "credits": 2, "unit": "one", "description": "A report"}]}
WORKSPACE = {"name": "new", "legalName": "New"}
CARD = {"paymentMethod": "pm_card_visa"}
TOPUP = {"amountInCreditCents": 500}
HOOKS, HOOK = "/v2/webhooks", "https://hooks.example/prepaid"
ENDPOINT = HOOKS + "/endpoints/{endpoint}"
SENT = {"eventType": "company.updated"}
TOPUP_KEY = "the top-up of the estate"


@dataclass(frozen=True)
class Example:
    """A request that is answered with the route's own status."""

    path: str
    body: Any = None
    key: str | None = None  # idempotency key


EXAMPLES = {
    f"POST {ACCOUNTS}": Example(ACCOUNTS, {"name": "Bob"}),
    "POST /v2/operator/sign-in-links": Example("/v2/operator/sign-in-links", {"email": None}),
    f"GET {ACCOUNTS}": Example(ACCOUNTS + "?limit=1&search=a"),
    f"GET {ACCOUNTS}/{{id}}": Example(ACCOUNT),
    f"PATCH {ACCOUNTS}/{{id}}": Example(ACCOUNT, {"name": "Ada II"}),
    f"POST {ACCOUNTS}/{{id}}/close": Example(ACCOUNT + "/close"),
    f"POST {ACCOUNTS}/{{id}}/reopen": Example(ACCOUNT + "/reopen"),
    f"POST {ACCOUNTS}/{{id}}/keys": Example(ACCOUNT + "/keys", {"name": "spare"}),
    f"GET {ACCOUNTS}/{{id}}/keys": Example(ACCOUNT + "/keys"),
    f"DELETE {ACCOUNTS}/{{id}}/keys/{{keyId}}": Example(ACCOUNT + "/keys/{key}"),
    f"POST {ACCOUNTS}/{{id}}/credits": Example(ACCOUNT + "/credits", {"cents": 1, "reason": "r"}),
    f"POST {ACCOUNTS}/{{id}}/clock": Example(ACCOUNT + "/clock", {"advanceSeconds": 1}),
    f"GET {ACCOUNTS}/{{id}}/prices": Example(ACCOUNT + "/prices"),
    f"PUT {ACCOUNTS}/{{id}}/prices": Example(ACCOUNT + "/prices", PRICE_LIST),
    f"GET {ACCOUNTS}/{{id}}/usage": Example(ACCOUNT + "/usage"),
    f"GET {ACCOUNTS}/{{id}}/charges": Example(ACCOUNT + "/charges?status=held,settled"),
    f"GET {ACCOUNTS}/{{id}}/workspaces": Example(ACCOUNT + "/workspaces"),
    f"POST {ACCOUNTS}/{{id}}/workspaces": Example(ACCOUNT + "/workspaces", WORKSPACE),
    f"GET {PRICES}": Example(PRICES),
    f"PUT {PRICES}": Example(PRICES, PRICE_LIST),
    f"POST {CHARGES}": Example(CHARGES, {"apiKey": "{secret}", "sku": "report"}),
    f"POST {CHARGES}/batch": Example(
        CHARGES + "/batch", {"charges": [{"accountId": "{account}", "sku": "report"}]}
    ),
    f"GET {CHARGES}/{{id}}": Example(CHARGES + "/{held}"),
    f"POST {CHARGES}/{{id}}/settle": Example(CHARGES + "/{held}/settle", {}),
    f"POST {CHARGES}/{{id}}/release": Example(CHARGES + "/{held}/release", {}),
    f"POST {CHARGES}/{{id}}/refund": Example(CHARGES + "/{settled}/refund", {}),
    f"GET {WORKSPACES}": Example(WORKSPACES),
    f"POST {WORKSPACES}": Example(WORKSPACES, WORKSPACE),
    f"GET {WORKSPACES}/{{name}}": Example(WORKSPACES + "/{workspace}"),
    f"PATCH {WORKSPACES}/{{name}}": Example(WORKSPACES + "/{workspace}", {"legalName": "Other"}),
    f"DELETE {WORKSPACES}/{{name}}": Example(WORKSPACES + "/{workspace}"),
    f"GET {WORKSPACES}/usage": Example(WORKSPACES + "/usage?workspace={workspace}"),
    f"GET {BILLING}/balance": Example(BILLING + "/balance"),
    f"GET {BILLING}/charges": Example(BILLING + "/charges?workspace={workspace}&limit=1"),
    f"GET {BILLING}/charges/{{id}}": Example(BILLING + "/charges/{held}"),
    f"GET {BILLING}/ledger": Example(BILLING + "/ledger?cursor={entry}"),
    f"GET {BILLING}/auto-topup": Example(BILLING + "/auto-topup"),
    f"PATCH {BILLING}/auto-topup": Example(BILLING + "/auto-topup", {"enabled": False}),
    f"GET {BILLING}/payment-method": Example(BILLING + "/payment-method"),
    f"PUT {BILLING}/payment-method": Example(BILLING + "/payment-method", CARD),
    f"DELETE {BILLING}/payment-method": Example(BILLING + "/payment-method"),
    f"POST {BILLING}/payment-method/setup": Example(
        BILLING + "/payment-method/setup", {"backUrl": "https://shop.example/"}
    ),
    f"POST {BILLING}/topups": Example(BILLING + "/topups", TOPUP, TOPUP_KEY),
    f"GET {BILLING}/topups": Example(BILLING + "/topups"),
    f"GET {BILLING}/topups/{{id}}": Example(BILLING + "/topups/{topup}"),
    f"GET {STATEMENTS}": Example(STATEMENTS + "?month=2026-01&workspace={workspace}"),
    f"GET {STATEMENTS}/months": Example(STATEMENTS + "/months"),
    f"GET {STATEMENTS}/archive": Example(STATEMENTS + "/archive?month=2026-01"),
    f"GET {STATEMENTS}/{{id}}": Example(STATEMENTS + "/{statement}"),
    f"GET {STATEMENTS}/{{id}}/charges": Example(STATEMENTS + "/{statement}/charges?sku=report"),
    f"GET {ACCOUNTS}/{{id}}/statements/{{statementId}}/charges": Example(
        ACCOUNT + "/statements/{statement}/charges?sku=report"
    ),
    f"GET {ACCOUNTS}/{{id}}/statements": Example(ACCOUNT + "/statements?month=2026-01"),
    f"GET {ACCOUNTS}/{{id}}/statements/{{statementId}}": Example(
        ACCOUNT + "/statements/{statement}"
    ),
    f"GET {BILLING}/statement-settings": Example(BILLING + "/statement-settings"),
    f"PATCH {BILLING}/statement-settings": Example(
        BILLING + "/statement-settings", {"timeZone": "Europe/Paris"}
    ),
    f"GET {BILLING}/client-prices": Example(BILLING + "/client-prices"),
    f"PUT {BILLING}/client-prices": Example(
        BILLING + "/client-prices", {"prices": [{"workspace": "{workspace}", "markupPercent": 10}]}
    ),
    f"GET {ALERTS}/config": Example(ALERTS + "/config"),
    f"PATCH {ALERTS}/config": Example(ALERTS + "/config", {"lowBalanceEnabled": False}),
    f"GET {ALERTS}/recent": Example(ALERTS + "/recent"),
    f"GET {ALERTS}/state": Example(ALERTS + "/state"),
    f"POST {ALERTS}/preview": Example(ALERTS + "/preview", {"highUsageEnabled": True}),
    f"GET {ALERTS}/{{id}}/explain": Example(ALERTS + "/{notification}/explain"),
    f"GET {ALERTS}/workspaces/{{workspaceId}}/config": Example(OVERRIDE),
    f"PATCH {ALERTS}/workspaces/{{workspaceId}}/config": Example(
        OVERRIDE, {"highUsageTiers": None}
    ),
    f"DELETE {ALERTS}/workspaces/{{workspaceId}}/config": Example(OVERRIDE),
    f"POST {HOOKS}/endpoints": Example(HOOKS + "/endpoints", {"url": HOOK}),
    f"GET {HOOKS}/endpoints": Example(HOOKS + "/endpoints"),
    f"GET {HOOKS}/endpoints/{{endpointId}}": Example(ENDPOINT),
    f"PATCH {HOOKS}/endpoints/{{endpointId}}": Example(ENDPOINT, {"url": HOOK + "/new"}),
    f"DELETE {HOOKS}/endpoints/{{endpointId}}": Example(ENDPOINT),
    f"GET {HOOKS}/endpoints/{{endpointId}}/secret": Example(ENDPOINT + "/secret"),
    f"POST {HOOKS}/endpoints/{{endpointId}}/secret/rotate": Example(
        ENDPOINT + "/secret/rotate", {"overlapSeconds": 60}
    ),
    f"POST {HOOKS}/endpoints/{{endpointId}}/send-example": Example(
        ENDPOINT + "/send-example", SENT
    ),
    f"POST {HOOKS}/endpoints/{{endpointId}}/enable": Example(ENDPOINT + "/enable"),
    f"POST {HOOKS}/endpoints/{{endpointId}}/recover": Example(
        ENDPOINT + "/recover", {"since": "2026-01-01T00:00:00Z"}
    ),
    f"GET {HOOKS}/endpoints/{{endpointId}}/stats": Example(ENDPOINT + "/stats"),
    f"GET {HOOKS}/messages": Example(HOOKS + "/messages"),
    f"GET {HOOKS}/messages/{{messageId}}": Example(HOOKS + "/messages/{message}"),
    f"POST {HOOKS}/messages/{{messageId}}/endpoints/{{endpointId}}/resend": Example(
        HOOKS + "/messages/{message}/endpoints/{endpoint}/resend"
    ),
    f"GET {HOOKS}/attempts/endpoints/{{endpointId}}": Example(
        HOOKS + "/attempts/endpoints/{endpoint}"
    ),
    f"GET {HOOKS}/attempts/messages/{{messageId}}": Example(HOOKS + "/attempts/messages/{message}"),
    f"GET {HOOKS}/event-types": Example(HOOKS + "/event-types"),
    "GET /healthz": Example("/healthz"),
    "GET /readyz": Example("/readyz"),
    "GET /metrics": Example("/metrics"),
}


def name_of(route: Route) -> str:
    """Method and path, as the table of examples has them."""
    return f"{route.method} {route.path}"


TRIED = [route for route in EVERY_ROUTE if name_of(route) in EXAMPLES]


def routes(*who: str) -> Iterator[Route]:
    """The routes that are for the operator, an account or anyone."""
    return (route for route in TRIED if route.who in who)
