"""The customer's routes for top-ups and payment methods, and the provider's own events."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.domain.topups import topup as rules
from prepaid.domain.topups.caps import AutoTopupPatch
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import ProviderUnreachable
from prepaid.store.topups.topup import NO_NUMBER_YET
from prepaid.web import topup_shapes as shapes
from prepaid.web.endpoints import read_body
from prepaid.web.routing import Answer, Call, Route, replayed
from prepaid.web.shapes import Ok

SIGNATURE = "stripe-signature"


@contextmanager
def provider_may_be_away() -> Iterator[None]:
    """A provider that gives no answer is told as `502 upstream_failed`."""
    try:
        yield
    except ProviderUnreachable as error:
        message = f"the payment provider gave no answer ({error.reason}); try again"
        raise Refusal("upstream_failed", message) from error


async def get_auto(call: Call) -> Answer:
    """Auto top-up as it is set."""
    return Answer(shapes.settings(await topups.wishes(call.desk, call.account)))


async def patch_auto(call: Call) -> Answer:
    """Change the fields that are sent. Enabled at or below the threshold, it tops up at once."""
    found = await topups.configure(call.desk, call.account, call.body)
    return Answer(shapes.settings(found))


async def get_method(call: Call) -> Answer:
    """The card the account pays with."""
    return Answer(shapes.method(await payment_methods.get(call.desk, call.account)))


async def put_method(call: Call) -> Answer:
    """Pay with this card from now on."""
    with provider_may_be_away():
        found = await payment_methods.put(call.desk, call.account, call.body.payment_method)
    return Answer(shapes.method(found))


async def delete_method(call: Call) -> Answer:
    """Pay with no card any more: auto top-up is switched off."""
    await payment_methods.delete(call.desk, call.account)
    return Answer(Ok())


async def setup(call: Call) -> Answer:
    """A page of the payment provider on which a card is entered: no card number comes here."""
    with provider_may_be_away():
        url = await payment_methods.setup_link(call.desk, call.account, call.body.back_url)
    return Answer(shapes.SetupShape(url=url), 201)


async def buy(call: Call) -> Answer:
    """Buy credit once, with the account's card. It is charged right after this answer."""
    wanted: shapes.TopupBody = call.body
    found = await topups.buy(call.desk, call.account, wanted.amount_in_credit_cents, call.key)
    return Answer(shapes.topup(found.attempt), 201, replayed(found.replayed))


async def page(call: Call) -> Answer:
    """Top-ups, newest first."""
    wanted: shapes.TopupQuery = call.query
    before = NO_NUMBER_YET
    if wanted.cursor is not None:
        place = rules.parse_id(wanted.cursor)
        if place is None or place.account != call.account or place.number > NO_NUMBER_YET:
            raise invalid("cursor", "is not a cursor of this list")
        before = place.number
    rows = await topups.page(call.desk, call.account, before, wanted.limit + 1)
    shown = [shapes.topup(row) for row in rows[: wanted.limit]]
    more = shown[-1].id if len(rows) > wanted.limit else None
    return Answer(shapes.TopupPage(data=shown, next_cursor=more))


async def one(call: Call) -> Answer:
    """One top-up with its state and history."""
    place = rules.parse_id(call.path["id"])
    if place is None or place.account != call.account or place.number > NO_NUMBER_YET:
        raise not_found("the top-up")
    return Answer(shapes.view(*await topups.one(call.desk, call.account, place.number)))


async def stripe_event(call: Call) -> Answer:
    """An event of the payment provider, by its signature; repeated ones change nothing more."""
    body = await read_body(call.request)
    signature = call.request.headers.get(SIGNATURE, "")
    with provider_may_be_away():
        await payment_events.take(call.desk, body, signature)
    return Answer(Ok())


METHOD, TOPUPS = "/v2/billing/payment-method", "/v2/billing/topups"

_route = partial(Route, who="account")

ROUTES = [
    _route(
        "GET",
        "/v2/billing/auto-topup",
        get_auto,
        "Auto top-up as it is set",
        answer=shapes.AutoTopupSettings,
    ),
    _route(
        "PATCH",
        "/v2/billing/auto-topup",
        patch_auto,
        "Change auto top-up",
        body=AutoTopupPatch,
        answer=shapes.AutoTopupSettings,
    ),
    _route(
        "GET",
        METHOD,
        get_method,
        "The payment method",
        answer=shapes.MethodShape,
        refusals=("not_found",),
    ),
    _route(
        "PUT",
        METHOD,
        put_method,
        "Set the payment method",
        body=shapes.MethodBody,
        answer=shapes.MethodShape,
        refusals=("upstream_failed",),
    ),
    _route("DELETE", METHOD, delete_method, "Remove the payment method", answer=Ok),
    _route(
        "POST",
        METHOD + "/setup",
        setup,
        "A hosted page to enter a card on",
        body=shapes.SetupBody,
        answer=shapes.SetupShape,
        status=201,
        refusals=("upstream_failed",),
    ),
    _route(
        "POST",
        TOPUPS,
        buy,
        "Buy credit by hand",
        body=shapes.TopupBody,
        answer=shapes.TopupShape,
        status=201,
        is_idempotent=True,
        refusals=("topup_in_progress",),
    ),
    _route("GET", TOPUPS, page, "List top-ups", query=shapes.TopupQuery, answer=shapes.TopupPage),
    _route("GET", TOPUPS + "/{id}", one, "One top-up with its history", answer=shapes.TopupView),
    Route(
        "POST",
        "/v2/integrations/stripe/webhook",
        stripe_event,
        "Events of Stripe",
        who="anyone",
        answer=Ok,
        refusals=("payload_too_large", "upstream_failed"),
    ),
]
