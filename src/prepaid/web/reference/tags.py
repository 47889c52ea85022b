"""Under which heading of the reference a path stands."""

from typing import NamedTuple


class Tag(NamedTuple):
    """A heading, and the beginnings of the paths below it."""

    name: str
    about: str
    paths: tuple[str, ...]


_ACCOUNT = "/v2/operator/accounts/{id}"
#: Paths of somebody else's upstream are ours to sell, not to name.
PROXIED = Tag(
    "Paid requests",
    "What you sell, passed on to an upstream and charged on the way. Every answer tells the "
    "workspace it was counted for.",
    (),
)
TAGS = (
    Tag(
        "Charges",
        "Ask on every billable request whether the customer can pay, and take the credit: held "
        "at once, then settled or released; or charged in one step.",
        ("/v2/operator/charges",),
    ),
    Tag(
        "Accounts",
        "Your customers: one balance each, with keys, admins, credit and a test clock.",
        ("/v2/operator/accounts", "/v2/operator/sign-in-links"),
    ),
    Tag(
        "Prices",
        "What each SKU costs in credits: for everybody, or for one account.",
        ("/v2/operator/prices", _ACCOUNT + "/prices"),
    ),
    Tag(
        "Reports for the operator",
        "What an account sees of itself, asked with the operator's key.",
        tuple(f"{_ACCOUNT}/{one}" for one in ("usage", "charges", "workspaces", "statements")),
    ),
    PROXIED,
    Tag(
        "Workspaces",
        "Tag each request with the client it is for, and read what each client used.",
        ("/v2/workspaces",),
    ),
    Tag(
        "Balance and ledger",
        "What is left, what was charged, and every line that changed the balance.",
        ("/v2/billing/balance", "/v2/billing/ledger", "/v2/billing/charges"),
    ),
    Tag(
        "Top-ups",
        "Buy credit by hand, or let it be bought whenever the balance is low.",
        ("/v2/billing/auto-topup", "/v2/billing/payment-method", "/v2/billing/topups"),
    ),
    Tag(
        "Notifications",
        "Thresholds on balance and spend. Each crossing is told exactly once.",
        ("/v2/billing/notifications",),
    ),
    Tag(
        "Statements",
        "Rebill your clients: what each used in a month, at your prices.",
        (
            "/v2/billing/statements",
            "/v2/billing/statement-settings",
            "/v2/billing/client-prices",
        ),
    ),
    Tag(
        "Webhooks",
        "Where signed events are sent, what was tried, and how to send it again.",
        ("/v2/webhooks",),
    ),
    Tag(
        "Service",
        "For those who run it: health, metrics, and the payment provider's own events.",
        ("/healthz", "/readyz", "/metrics", "/openapi.json", "/v2/integrations"),
    ),
)


def tag_of(path: str) -> Tag:
    """The heading of a path: that of its longest known beginning, else the proxied one."""
    known = [(len(start), tag) for tag in TAGS for start in tag.paths if _is_below(path, start)]
    return max(known, key=lambda one: one[0])[1] if known else PROXIED


def _is_below(path: str, start: str) -> bool:
    return path == start or path.startswith(start + "/")
