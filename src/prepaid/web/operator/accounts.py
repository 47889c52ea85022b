"""The operator's routes for accounts: their facts, keys, credit and test clocks."""

from msgspec import UNSET

from prepaid.domain import ids
from prepaid.domain.amounts import cents, from_cents
from prepaid.domain.commands import Credit
from prepaid.domain.instants import iso_micros
from prepaid.flows import accounts, metering
from prepaid.web import account_shapes as shapes
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route, replayed
from prepaid.web.shapes import Ok


async def create(call: Call) -> Answer:
    """A new account."""
    body: shapes.AccountBody = call.body
    floor = body.minimum_balance_cents
    row = await accounts.create(
        call.desk,
        name=parsing.plain_text(body.name, "name", shapes.NAME_MAX),
        admins=tuple(body.admins),
        currency=body.currency,
        sandbox=body.sandbox,
        credit_price=body.credit_price,
        floor=None if floor is None else from_cents(floor, "minimumBalanceCents"),
    )
    return Answer(shapes.shape(row), 201)


async def page(call: Call) -> Answer:
    """Accounts in id order."""
    wanted: shapes.AccountQuery = call.query
    after = 0 if wanted.cursor is None else parsing.account_id(wanted.cursor, "cursor")
    search = parsing.plain_text(wanted.search, "search", shapes.NAME_MAX) if wanted.search else None
    rows = await accounts.page(call.desk, after, wanted.limit + 1, search)
    shown = rows[: wanted.limit]
    more = ids.account(shown[-1].id) if len(rows) > wanted.limit else None
    return Answer(shapes.AccountPage(data=[shapes.shape(row) for row in shown], next_cursor=more))


async def get(call: Call) -> Answer:
    """One account, its due holds expired."""
    return Answer(shapes.shape(await metering.fresh(call.desk, _account(call))))


async def patch(call: Call) -> Answer:
    """Change facts of an account."""
    body: shapes.AccountPatch = call.body
    values: dict[str, object] = {}
    if body.name is not UNSET:
        values["name"] = parsing.plain_text(body.name, "name", shapes.NAME_MAX)
    if body.admins is not UNSET:
        values["admins"] = tuple(body.admins)
    if body.credit_price is not UNSET:
        values["credit_price"] = body.credit_price
    floor = body.minimum_balance_cents
    if floor is not UNSET:
        values["floor"] = None if floor is None else from_cents(floor, "minimumBalanceCents")
    return Answer(shapes.shape(await accounts.change(call.desk, _account(call), values)))


async def close(call: Call) -> Answer:
    """End its keys; holds may finish."""
    return Answer(shapes.shape(await accounts.change(call.desk, _account(call), {"closed": True})))


async def reopen(call: Call) -> Answer:
    """Take it into use again; its keys work again."""
    return Answer(shapes.shape(await accounts.change(call.desk, _account(call), {"closed": False})))


async def create_key(call: Call) -> Answer:
    """A new API key."""
    body: shapes.KeyBody = call.body
    name = parsing.plain_text(body.name, "name", shapes.NAME_MAX) if body.name else ""
    scope = "full" if "full" in body.scopes else "read"
    key, row = await accounts.create_key(call.desk, _account(call), name, scope)
    shown = shapes.NewKeyShape(key=key, **shapes.key_fields(row))  # type: ignore[arg-type]
    return Answer(shown, 201)


async def list_keys(call: Call) -> Answer:
    """Every key of an account."""
    rows = await accounts.list_keys(call.desk, _account(call))
    shown = [shapes.KeyShape(**shapes.key_fields(row)) for row in rows]  # type: ignore[arg-type]
    return Answer(shapes.KeyList(data=shown))


async def revoke_key(call: Call) -> Answer:
    """End a key at once."""
    account = _account(call)
    place = parsing.own_id(account, "key", call.path["keyId"], "the key")
    await accounts.revoke_key(call.desk, account, place.number)
    return Answer(Ok())


async def credit(call: Call) -> Answer:
    """Put credit in, or take it out."""
    body: shapes.CreditBody = call.body
    command = Credit(
        account=_account(call),
        key=call.key,
        amount=from_cents(body.cents, "cents"),
        reason=parsing.plain_text(body.reason, "reason", 500),
    )
    outcome = await metering.charge(call.desk, command)
    entry = outcome.entry
    assert entry is not None, "a credit that is not 0 leaves an entry"
    shown = shapes.CreditShape(
        id=ids.owned("ent", entry.account, entry.seq),
        cents=cents(entry.amount),
        balance_cents=cents(entry.balance),
        created_at=iso_micros(entry.at),
    )
    return Answer(shown, 201, replayed(outcome.replayed))


async def advance_clock(call: Call) -> Answer:
    """Move a sandbox account's clock forward."""
    now = await accounts.advance_clock(call.desk, _account(call), call.body.advance_seconds)
    await metering.fresh(call.desk, _account(call))
    return Answer(shapes.ClockShape(now=iso_micros(now)))


def _account(call: Call) -> ids.AccountId:
    return parsing.account_id(call.path["id"])


BASE = "/v2/operator/accounts"
ROUTES = [
    Route(
        "POST",
        BASE,
        create,
        "Create an account",
        body=shapes.AccountBody,
        answer=shapes.AccountShape,
        status=201,
    ),
    Route("GET", BASE, page, "List accounts", query=shapes.AccountQuery, answer=shapes.AccountPage),
    Route("GET", BASE + "/{id}", get, "One account", answer=shapes.AccountShape),
    Route(
        "PATCH",
        BASE + "/{id}",
        patch,
        "Change an account",
        body=shapes.AccountPatch,
        answer=shapes.AccountShape,
    ),
    Route("POST", BASE + "/{id}/close", close, "Close an account", answer=shapes.AccountShape),
    Route("POST", BASE + "/{id}/reopen", reopen, "Reopen an account", answer=shapes.AccountShape),
    Route(
        "POST",
        BASE + "/{id}/keys",
        create_key,
        "Create an API key",
        body=shapes.KeyBody,
        answer=shapes.NewKeyShape,
        status=201,
        refusals=("account_closed",),
    ),
    Route("GET", BASE + "/{id}/keys", list_keys, "List API keys", answer=shapes.KeyList),
    Route("DELETE", BASE + "/{id}/keys/{keyId}", revoke_key, "Revoke an API key", answer=Ok),
    Route(
        "POST",
        BASE + "/{id}/credits",
        credit,
        "Grant credit, or correct it",
        body=shapes.CreditBody,
        answer=shapes.CreditShape,
        status=201,
        is_idempotent=True,
    ),
    Route(
        "POST",
        BASE + "/{id}/clock",
        advance_clock,
        "Advance a sandbox account's clock",
        body=shapes.ClockBody,
        answer=shapes.ClockShape,
        refusals=("not_a_sandbox",),
    ),
]
