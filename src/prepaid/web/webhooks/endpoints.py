"""The customer's routes for webhook endpoints, in the manner of Svix."""

from functools import partial

import msgspec
from msgspec import UNSET

from prepaid.domain import events, ids
from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.deliveries import signatures
from prepaid.domain.instants import SECOND, iso_millis
from prepaid.domain.refusals import invalid
from prepaid.flows.deliveries import endpoint_urls, endpoints, replays
from prepaid.flows.deliveries.endpoints import Wish
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Ok
from prepaid.web.webhooks import shapes


async def create(call: Call) -> Answer:
    """A new endpoint."""
    body: shapes.EndpointBody = call.body
    wish = Wish(
        url=endpoint_urls.check(call.desk, body.url),
        description=rules.check_description(body.description),
        event_types=rules.check_event_types(body.event_types),
        disabled=body.disabled,
        headers=rules.check_headers(body.headers),
        throttle_rate=body.throttle_rate,
        key=None if body.secret is None else signatures.parse_secret(body.secret),
    )
    return Answer(shapes.endpoint(await endpoints.create(call.desk, call.account, wish)), 201)


async def every(call: Call) -> Answer:
    """Every endpoint of the account."""
    found = await endpoints.every(call.desk, call.account)
    return Answer(shapes.EndpointList(data=[shapes.endpoint(one) for one in found]))


async def get(call: Call) -> Answer:
    """One endpoint."""
    return Answer(shapes.endpoint(await endpoints.get(call.desk, call.account, number(call))))


async def patch(call: Call) -> Answer:
    """Change the fields that are sent."""
    body: shapes.EndpointPatch = call.body
    changes: dict[str, object] = {}
    if body.url is not UNSET:
        changes["url"] = endpoint_urls.check(call.desk, body.url)
    if body.description is not UNSET:
        changes["description"] = rules.check_description(body.description)
    if body.event_types is not UNSET:
        changes["event_types"] = rules.check_event_types(body.event_types)
    if body.disabled is not UNSET:
        changes["disabled"] = body.disabled
    if body.throttle_rate is not UNSET:
        changes["throttle_rate"] = body.throttle_rate
    headers = None if body.headers is UNSET else rules.check_headers(body.headers)
    found = await endpoints.change(call.desk, call.account, number(call), changes, headers)
    return Answer(shapes.endpoint(found))


async def remove(call: Call) -> Answer:
    """Delete an endpoint; what waits for it is dropped."""
    await endpoints.remove(call.desk, call.account, number(call))
    return Answer(Ok())


async def secret(call: Call) -> Answer:
    """What verifies its webhooks; needs a key that may write."""
    told = await endpoints.secret(call.desk, call.account, number(call))
    old = [
        shapes.OldSecret(secret=signatures.secret_text(key), expires_at=iso_millis(until))
        for key, until in told.overlapping
    ]
    text = signatures.secret_text(told.key)
    return Answer(shapes.SecretShape(secret=text, overlapping=old))


async def rotate(call: Call) -> Answer:
    """Sign with a new secret, and with the old one too until the overlap ends."""
    body: shapes.RotateBody = call.body
    key = None if body.secret is None else signatures.parse_secret(body.secret)
    overlap = body.overlap_seconds * SECOND
    await endpoints.rotate(call.desk, call.account, number(call), key, overlap)
    return await secret(call)


async def send_example(call: Call) -> Answer:
    """Send an example of an event type to this endpoint."""
    event_type = call.body.event_type
    if event_type not in events.BY_NAME:
        raise invalid("eventType", f"must be one of {', '.join(events.BY_NAME)}")
    message = await replays.send_example(call.desk, call.account, number(call), event_type)
    return Answer(shapes.SentShape(message_id=ids.owned("msg", call.account, message)), 202)


async def enable(call: Call) -> Answer:
    """Switch it on again; what it missed is asked for with `recover`."""
    changes: dict[str, object] = {"disabled": False}
    found = await endpoints.change(call.desk, call.account, number(call), changes, None)
    return Answer(shapes.endpoint(found))


async def recover(call: Call) -> Answer:
    """Send again whatever did not arrive since a time, also from while it was disabled."""
    since = parsing.instant(call.body.since, "since")
    sent, more = await replays.recover(call.desk, call.account, number(call), since)
    return Answer(shapes.RecoverShape(messages=sent, has_more=more), 202)


async def stats(call: Call) -> Answer:
    """How many deliveries stand how."""
    since = call.query.since
    start = None if since is None else parsing.instant(since, "since")
    found = await replays.stats(call.desk, call.account, number(call), start)
    return Answer(shapes.StatsShape(**msgspec.structs.asdict(found)))


def number(call: Call) -> int:
    """The endpoint that the path names, if it is the account's.

    Raises:
        Refusal: `404 not_found`.
    """
    return parsing.own_id(call.account, "ep", call.path["endpointId"], "the endpoint").number


BASE = "/v2/webhooks/endpoints"
ONE = BASE + "/{endpointId}"

_route = partial(Route, who="account")

ROUTES = [
    _route(
        "POST",
        BASE,
        create,
        "Create a webhook endpoint",
        body=shapes.EndpointBody,
        answer=shapes.EndpointShape,
        status=201,
        refusals=("too_many_endpoints", "secret_key_missing"),
    ),
    _route("GET", BASE, every, "List webhook endpoints", answer=shapes.EndpointList),
    _route("GET", ONE, get, "One webhook endpoint", answer=shapes.EndpointShape),
    _route(
        "PATCH",
        ONE,
        patch,
        "Change a webhook endpoint",
        body=shapes.EndpointPatch,
        answer=shapes.EndpointShape,
        refusals=("secret_key_missing",),
    ),
    _route("DELETE", ONE, remove, "Delete a webhook endpoint", answer=Ok),
    _route(
        "GET",
        ONE + "/secret",
        secret,
        "The secret that verifies its webhooks",
        scope="full",
        answer=shapes.SecretShape,
        refusals=("secret_unreadable",),
    ),
    _route(
        "POST",
        ONE + "/secret/rotate",
        rotate,
        "Rotate the secret",
        body=shapes.RotateBody,
        answer=shapes.SecretShape,
        refusals=("secret_key_missing", "secret_unreadable"),
    ),
    _route(
        "POST",
        ONE + "/send-example",
        send_example,
        "Send an example",
        body=shapes.ExampleBody,
        answer=shapes.SentShape,
        status=202,
        refusals=("endpoint_disabled",),
    ),
    _route("POST", ONE + "/enable", enable, "Enable an endpoint", answer=shapes.EndpointShape),
    _route(
        "POST",
        ONE + "/recover",
        recover,
        "Send again what did not arrive",
        body=shapes.RecoverBody,
        answer=shapes.RecoverShape,
        status=202,
        refusals=("endpoint_disabled",),
    ),
    _route(
        "GET",
        ONE + "/stats",
        stats,
        "Deliveries of an endpoint, counted",
        query=shapes.StatsQuery,
        answer=shapes.StatsShape,
    ),
]
