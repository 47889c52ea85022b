"""The customer's routes for messages, their attempts, and the event types there are."""

import re
from datetime import datetime
from functools import partial

from msgspec import Raw

from prepaid.domain import events, ids
from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import invalid
from prepaid.flows.deliveries import outbox
from prepaid.store.deliveries.attempts import Place, Wanted
from prepaid.store.deliveries.outbox import Wanted as MessagesWanted
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Ok
from prepaid.web.webhooks import endpoints as webhook_endpoints
from prepaid.web.webhooks import message_shapes as shapes

_CURSOR = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,15})-([0-9a-f]{1,7})-([0-9a-f]{1,7})")


async def page(call: Call) -> Answer:
    """Messages, newest first."""
    wanted: shapes.MessageQuery = call.query
    before = None
    if wanted.cursor is not None:
        place = ids.parse_owned("msg", wanted.cursor)
        if place is None or place.account != call.account:
            raise invalid("cursor", "is not the id of a message of this account")
        before = place.number
    asked = MessagesWanted(
        before=before,
        event_types=_types(wanted.event_types),
        since=_instant(wanted.after, "after"),
        until=_instant(wanted.before, "before"),
    )
    found = await outbox.page(call.desk, call.account, asked, wanted.limit)
    data = [
        shapes.MessageShape(**shapes.message_fields(row))  # type: ignore[arg-type] # its fields
        for row in found.rows
    ]
    more = None if found.next is None else ids.owned("msg", call.account, found.next)
    return Answer(shapes.MessagePage(data=data, next_cursor=more))


async def get(call: Call) -> Answer:
    """One message and where it goes."""
    found = await outbox.get(call.desk, call.account, _number(call))
    ends = [shapes.delivery(call.account, row) for row in found.deliveries]
    fields = shapes.message_fields(found.message)
    traced = shapes.TracedShape(deliveries=ends, **fields)  # type: ignore[arg-type] # its fields
    return Answer(traced)


async def resend(call: Call) -> Answer:
    """Deliver a message to an endpoint once more, with the same id."""
    end = webhook_endpoints.number(call)
    await outbox.resend(call.desk, call.account, _number(call), end)
    return Answer(Ok(), 202)


async def by_endpoint(call: Call) -> Answer:
    """Attempts of an endpoint, newest first."""
    return await _attempts(call, endpoint=webhook_endpoints.number(call))


async def by_message(call: Call) -> Answer:
    """Attempts of a message, newest first."""
    return await _attempts(call, message=_number(call))


async def event_types(_call: Call) -> Answer:
    """Every kind of event, with its schema and examples."""
    data = [
        shapes.EventTypeShape(
            name=one.name,
            description=one.description,
            schema=Raw(one.schema),
            examples=[Raw(example) for example in one.examples],
        )
        for one in events.CATALOGUE
    ]
    return Answer(shapes.EventTypeList(data=data))


async def _attempts(
    call: Call, *, endpoint: int | None = None, message: int | None = None
) -> Answer:
    query: shapes.AttemptQuery = call.query
    low = None if query.status_class is None else query.status_class * 100
    wanted = Wanted(
        endpoint=endpoint,
        message=message,
        failed=None if query.outcome is None else query.outcome == "failed",
        status_low=low,
        status_high=None if low is None else low + 99,
        event_types=_types(query.event_types),
        before=_instant(query.before, "before"),
        after=_instant(query.after, "after"),
        cursor=place_of(query.cursor),
    )
    found = await outbox.listed(call.desk, call.account, wanted, query.limit)
    more = None if found.next is None else cursor_of(found.next)
    data = [shapes.attempt(row, event_type) for row, event_type in found.rows]
    return Answer(shapes.AttemptPage(data=data, next_cursor=more))


def cursor_of(place: Place) -> str:
    """A place in a list of attempts, as it is sent."""
    return f"{place.at:x}-{place.message:x}-{place.endpoint:x}-{place.number:x}"


def place_of(cursor: str | None) -> Place | None:
    """Where a cursor says that the list goes on.

    Raises:
        Refusal: 400 naming `cursor`.
    """
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise invalid("cursor", "is not one that an answer gave")
    return Place(*(int(part, 16) for part in found.groups()))


def _types(text: str | None) -> tuple[str, ...] | None:
    return rules.check_event_types(None if text is None else text.split(","))


def _instant(moment: datetime | None, field: str) -> Instant | None:
    return None if moment is None else parsing.instant(moment, field)


def _number(call: Call) -> int:
    return parsing.own_id(call.account, "msg", call.path["messageId"], "the message").number


BASE = "/v2/webhooks"
MESSAGES = BASE + "/messages"
ONE = MESSAGES + "/{messageId}"

_route = partial(Route, who="account")

ROUTES = [
    _route(
        "GET",
        MESSAGES,
        page,
        "List messages",
        query=shapes.MessageQuery,
        answer=shapes.MessagePage,
    ),
    _route("GET", ONE, get, "One message and where it goes", answer=shapes.TracedShape),
    _route(
        "POST",
        ONE + "/endpoints/{endpointId}/resend",
        resend,
        "Send a message again",
        answer=Ok,
        status=202,
        refusals=("endpoint_disabled",),
    ),
    _route(
        "GET",
        BASE + "/attempts/endpoints/{endpointId}",
        by_endpoint,
        "List attempts of an endpoint",
        query=shapes.AttemptQuery,
        answer=shapes.AttemptPage,
    ),
    _route(
        "GET",
        BASE + "/attempts/messages/{messageId}",
        by_message,
        "List attempts of a message",
        query=shapes.AttemptQuery,
        answer=shapes.AttemptPage,
    ),
    _route(
        "GET", BASE + "/event-types", event_types, "List event types", answer=shapes.EventTypeList
    ),
]
