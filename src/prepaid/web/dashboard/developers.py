"""The developers page: API keys, and how a request is made with one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.refusals import not_found
from prepaid.domain.routing.routes import Shape
from prepaid.flows import accounts
from prepaid.web import parsing
from prepaid.web.account_shapes import NAME_MAX
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit

DEFAULT = "default"  # the workspace that every account has
WITHOUT_BODY = frozenset({"GET", "DELETE"})
#: Bodies to begin with; what another upstream takes is not ours to know.
EXAMPLES: Mapping[Shape, str] = {
    "company": '{"id": "900000008", "countryCode": "FR", "dataPoints": ["company"]}',
    "onboarding": '{"id": "900000008", "countryCode": "FR"}',
}


class KeyForm(Form, frozen=True, kw_only=True):
    """A new key."""

    name: Annotated[str, Meta(max_length=NAME_MAX)] = ""
    scope: Literal["full", "read"] = "full"


async def show(visit: Visit) -> Response:
    """The keys of the account."""
    rows = await accounts.list_keys(visit.desk, visit.account)
    calls = visit.frame.calls
    return visit.show(
        "developers.html",
        keys=[row for row in reversed(rows) if row.revoked_at is None],
        revoked=[row for row in reversed(rows) if row.revoked_at is not None],
        made=visit.told(str),
        first=_command(visit, "/v2/billing/balance"),
        paid=_paid(visit) if calls.path else "",
    )


async def create(visit: Visit) -> Response:
    """Make a key, which the page shows this once."""
    wanted = visit.form(KeyForm)
    name = parsing.plain_text(wanted.name, "name", NAME_MAX) if wanted.name else ""
    key, _ = await visit.noted(
        accounts.create_key(visit.desk, visit.account, name, wanted.scope),
        "key created",
        name or "a key without a name",
        f"scope: {wanted.scope}",
    )
    return visit.go_and_tell(visit.url("/developers"), key)


async def revoke(visit: Visit) -> Response:
    """End a key at once."""
    number = visit.named("key", "key", "the key").number
    rows = await accounts.list_keys(visit.desk, visit.account)
    row = next((one for one in rows if one.number == number), None)
    if row is None:
        raise not_found("the key")
    if row.revoked_at is None:
        await visit.noted(
            accounts.revoke_key(visit.desk, visit.account, row.number),
            "key revoked",
            row.name or row.hint,
            f"it began with {row.hint}",
        )
    return visit.go(visit.url("/developers"), "The key is revoked: it opens nothing any more.")


def _paid(visit: Visit) -> str:
    calls = visit.frame.calls
    more = [f'-H "{calls.workspace_header}: {DEFAULT}"']
    if calls.method not in WITHOUT_BODY:
        body = EXAMPLES.get(calls.shape, "{}")
        more += ['-H "content-type: application/json"', f"-d '{body}'"]
    return _command(visit, calls.path, calls.method, more)


def _command(visit: Visit, path: str, method: str = "GET", more: Sequence[str] = ()) -> str:
    """A request as it is typed."""
    asked = "curl" if method == "GET" else f"curl -X {method}"
    lines = [f"{asked} {visit.frame.public_url.rstrip('/')}{path}"]
    lines += ['-H "x-api-key: $PREPAID_KEY"', *more]
    return " \\\n  ".join(lines)


PAGES = [
    Page("GET", "/dashboard/{account}/developers", show),
    Page("POST", "/dashboard/{account}/developers", create, again=show),
    Page("POST", "/dashboard/{account}/developers/keys/{key}/revoke", revoke),
]
