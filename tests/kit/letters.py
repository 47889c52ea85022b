"""An example of each letter, and a way to read what was written."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import msgspec

from prepaid.adapters.letters import Letter, LetterWriter, View, read
from prepaid.adapters.letters.endpoint_disabled import EndpointDisabled
from prepaid.adapters.letters.endpoint_failing import EndpointFailing
from prepaid.adapters.letters.mail_test import MailTest
from prepaid.domain import events, ids
from prepaid.domain.accounts import Tag
from prepaid.domain.addressees import Addressee
from prepaid.domain.events.high_usage import HIGH_USAGE
from prepaid.domain.events.limit_reached import LIMIT_REACHED
from prepaid.domain.events.low_balance import LOW_BALANCE
from prepaid.domain.events.topup_failed import TOPUP_FAILED
from prepaid.domain.events.topup_succeeded import TOPUP_SUCCEEDED
from prepaid.domain.instants import DAY, from_datetime

AT = from_datetime(datetime(2026, 4, 14, 10, 23, 45, tzinfo=UTC))
ACCOUNT = ids.AccountId(7)
DASHBOARD = "https://p.example/a&b/dashboard"
CLIENT = Tag(2, "client-a", "Société <Générale> & Fils 🧾")
WRITER = LetterWriter("Prepaid <billing@prepaid.example>", dashboard_url=DASHBOARD)
URL = "https://hooks.example:8443/in?token=hidden"


def example(event: str, place: int = 0) -> Letter:
    return read(event, events.BY_NAME[event].examples[place], CLIENT)


def notice(kind: str, **facts: str) -> Letter:
    return read(kind, msgspec.json.encode(facts))


RETURNED = {"price": "1250", "currency": "eur", "topup": "top_1", "reference": "re_1"}
LETTERS = {
    "low balance": example(LOW_BALANCE),
    "workspace usage": example(HIGH_USAGE),
    "global usage": example(HIGH_USAGE, 1),
    "top-up succeeded": example(TOPUP_SUCCEEDED),
    "top-up failed": example(TOPUP_FAILED),
    "spend limit": example(LIMIT_REACHED),
    "top-up cap": notice("topup_cap", cap="daily", period="2026-04-14"),
    "refund": notice("topup_refunded", **RETURNED),
    "dispute": notice("topup_disputed", **RETURNED),
    "refund failed": notice("topup_refund_failed", **RETURNED, cents="1000.5"),
    "dispute won": notice("topup_dispute_won", **RETURNED, cents="0"),
    "endpoint failing": EndpointFailing(URL, AT, AT + 4 * DAY, "timeout"),
    "endpoint disabled": EndpointDisabled(URL, AT, "failing"),
    "test": MailTest(AT),
}
CAN_BE_SWITCHED_OFF = list(LETTERS.values())[:5]


def link(view: View) -> str:
    """Where the letter leads."""
    return f"{DASHBOARD}/{ids.account(ACCOUNT)}/{view.page.path}"


def written(view: View, account: str = "Acme") -> bytes:
    to = Addressee("ada@customer.example", ACCOUNT, account)
    return WRITER.write(view, to, key="dlv_1.a", at=AT)


def opened(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text = body.get_content()
    assert isinstance(text, str)
    return text
