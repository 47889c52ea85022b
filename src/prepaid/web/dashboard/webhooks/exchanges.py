"""What attempts have sent and what came back, as pages show it."""

from typing import Self

import msgspec
from msgspec import Struct
from starlette.responses import Response

from prepaid.domain.deliveries import head_lines
from prepaid.domain.deliveries.head_lines import Head
from prepaid.domain.refusals import not_found
from prepaid.flows.deliveries import outbox
from prepaid.store.deliveries.outbox import MessageRow
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.webhooks.endpoint import ONE
from prepaid.web.dashboard.webhooks.parts import FAILURES, endpoint_number, message_number

MESSAGE = ONE + "/messages/{message}"
DIGITS_MAX = 9


class Exchange(Struct, frozen=True):
    """An attempt, its headers taken apart; None: they were not kept at that time."""

    row: AttemptRow
    sent: Head | None  # without any: nothing was sent
    came: Head | None

    @classmethod
    def of(cls, row: AttemptRow) -> Self:
        """For a page."""
        return cls(row, _parsed(row.request_headers), _parsed(row.response_headers))


def _parsed(kept: str | None) -> Head | None:
    return None if kept is None else head_lines.parse(kept)


def body_of(message: MessageRow) -> str:
    """The body of every attempt, for people."""
    return msgspec.json.format(message.body, indent=2).decode()


async def one(visit: Visit) -> Response:
    """One attempt alone, which lists ask for when somebody opens it."""
    text = visit.path["number"]
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX):
        raise not_found("the attempt")
    place = (endpoint_number(visit), message_number(visit), int(text))
    message, row = await outbox.attempt(visit.desk, visit.account, *place)
    return visit.show(
        "webhooks/_tried.html", one=Exchange.of(row), body=body_of(message), failures=FAILURES
    )


PAGES = [Page("GET", MESSAGE + "/attempts/{number}", one)]
