"""What an admin has sent to an endpoint: an example, what it missed, a message once more."""

from datetime import UTC, datetime

from starlette.responses import Response

from prepaid.domain import events, ids
from prepaid.domain.refusals import invalid
from prepaid.flows.deliveries import endpoints, outbox, replays
from prepaid.flows.deliveries.outbox import Sent
from prepaid.web import parsing
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.shown import plural
from prepaid.web.dashboard.webhooks import endpoint
from prepaid.web.dashboard.webhooks.endpoint import ONE
from prepaid.web.dashboard.webhooks.exchanges import MESSAGE, Exchange, body_of
from prepaid.web.dashboard.webhooks.parts import (
    FAILURES,
    STANDINGS,
    back,
    endpoint_number,
    endpoint_url,
    message_number,
)

ATTEMPTS_MAX = 100  # of a message, shown; the newest


class ExampleForm(Form, frozen=True, kw_only=True):
    """Which example."""

    event_type: str


class RecoverForm(Form, frozen=True, kw_only=True):
    """From when on, in UTC."""

    since: str


async def send_example(visit: Visit) -> Response:
    """Send an example of an event to this endpoint alone."""
    number = endpoint_number(visit)
    event_type = visit.form(ExampleForm).event_type
    if event_type not in events.BY_NAME:
        raise invalid("eventType", f"must be one of {', '.join(events.BY_NAME)}")
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    flow = replays.send_example(visit.desk, visit.account, number, event_type)
    message = await visit.noted(flow, "example sent", row.url, event_type)
    return visit.go(_url(visit, number, message), "The example is on its way.")


async def recover(visit: Visit) -> Response:
    """Send again whatever did not arrive since a time."""
    number = endpoint_number(visit)
    since = _since(visit.form(RecoverForm).since)
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    flow = replays.recover(visit.desk, visit.account, number, parsing.instant(since, "since"))
    sent, more = await visit.noted(flow, "messages recovered", row.url, f"since {since}")
    if not sent:
        return back(visit, number, "Nothing was missed since then.")
    text = f"{plural(sent, 'message')} {'is' if sent == 1 else 'are'} sent again."
    return back(visit, number, text + (" There are more: recover once more." if more else ""))


def _since(text: str) -> datetime:
    needs = "must be a date and a time in UTC, such as 2026-04-01T09:30"
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise invalid("since", needs) from error
    if moment.tzinfo is not None:
        raise invalid("since", needs)
    return moment.replace(tzinfo=UTC)


async def show(visit: Visit) -> Response:
    """One message on its way to one endpoint, with every attempt."""
    return await _page(visit, "webhooks/message.html")


async def standing(visit: Visit) -> Response:
    """How it stands alone, which the page asks for again and again."""
    return await _page(visit, "webhooks/_message_attempts.html")


async def resend(visit: Visit) -> Response:
    """Deliver it once more, with the same id."""
    number, message = endpoint_number(visit), message_number(visit)
    name = ids.owned("msg", visit.account, message)
    row = (await endpoints.get(visit.desk, visit.account, number)).row
    flow = outbox.resend(visit.desk, visit.account, message, number)
    await visit.noted(flow, "message resent", row.url, name)
    return visit.go(_url(visit, number, message), "The message is on its way once more.")


def _standing(found: Sent) -> str:
    """Where it stands, by its name in `STANDINGS`."""
    if found.delivery is None:
        return "failed"
    is_sending = found.delivery.status == "waiting" and found.delivery.is_claimed
    return "sending" if is_sending else found.delivery.status


async def _page(visit: Visit, template: str) -> Response:
    number, message = endpoint_number(visit), message_number(visit)
    shown = await endpoints.get(visit.desk, visit.account, number)
    found = await outbox.sent(visit.desk, visit.account, message, number, ATTEMPTS_MAX)
    state = _standing(found)
    return visit.show(
        template,
        sent=found,
        exchanges=[Exchange.of(row) for row in found.attempts],
        shown=shown,
        is_moving=state in ("waiting", "sending"),
        state=state,
        here=_url(visit, number, message),
        parent=endpoint_url(visit, number),
        id=ids.owned("msg", visit.account, message),
        body=body_of(found.message),
        failures=FAILURES,
        standing=STANDINGS[state],
    )


def _url(visit: Visit, endpoint: int, message: int) -> str:
    name = ids.owned("msg", visit.account, message)
    return endpoint_url(visit, endpoint, f"/messages/{name}")


PAGES = [
    Page("POST", ONE + "/example", send_example, again=endpoint.show),
    Page("POST", ONE + "/recover", recover, again=endpoint.show),
    Page("GET", MESSAGE, show),
    Page("GET", MESSAGE + "/attempts", standing),
    Page("POST", MESSAGE + "/resend", resend, again=show),
]
