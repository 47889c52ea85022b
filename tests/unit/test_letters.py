"""What mails say, and what text from outside cannot do to them."""

import email
import email.policy
import re
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.adapters.billing_letters import (
    EndpointDisabled,
    EndpointFailing,
    Letter,
    LowBalance,
    MailTest,
    TopupFailed,
    read,
)
from prepaid.adapters.letters import LetterWriter, View
from prepaid.domain import events
from prepaid.domain.accounts import Tag
from prepaid.domain.instants import DAY, from_datetime
from prepaid.domain.notifications import HIGH_USAGE, LOW_BALANCE

AT = from_datetime(datetime(2026, 4, 14, 10, 23, 45, tzinfo=UTC))
BILLING, WEBHOOKS = "https://p.example/billing?a=1&b=2", "https://p.example/webhooks"
CLIENT = Tag(2, "client-a", "Société <Générale> & Fils 🧾")
WRITER = LetterWriter(
    "Prepaid <billing@prepaid.example>", billing_url=BILLING, webhooks_url=WEBHOOKS
)
URL = "https://hooks.example:8443/in?token=hidden"


def example(event: str, place: int = 0) -> Letter:
    return read(event, events.BY_NAME[event].examples[place], CLIENT)


LETTERS = {
    "low balance": example(LOW_BALANCE),
    "workspace usage": example(HIGH_USAGE),
    "global usage": example(HIGH_USAGE, 1),
    "top-up succeeded": example(events.TOPUP_SUCCEEDED),
    "top-up failed": example(events.TOPUP_FAILED),
    "endpoint failing": EndpointFailing(URL, AT, AT + 4 * DAY, "timeout"),
    "endpoint disabled": EndpointDisabled(URL, AT, "failing"),
    "test": MailTest(AT),
}


def written(view: View, account: str = "Acme") -> bytes:
    return WRITER.write(view, to="ada@customer.example", account=account, key="dlv_1.a", at=AT)


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


@pytest.fixture(params=LETTERS)
def letter(request: pytest.FixtureRequest) -> Letter:
    return LETTERS[request.param]


@pytest.fixture
def message(letter: Letter) -> EmailMessage:
    return opened(written(letter.view()))


def test_a_letter_has_the_headers_of_an_automatic_mail(message: EmailMessage) -> None:
    assert message["From"] == "Prepaid <billing@prepaid.example>"
    assert message["To"] == "ada@customer.example"
    assert message["Message-ID"] == "<dlv_1.a@prepaid.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 14 Apr 2026 10:23:45 +0000"
    assert message.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_letter_is_the_same_bytes_each_time_in_ascii_and_short_lines(letter: Letter) -> None:
    """Frozen before the first attempt; any server carries it."""
    first, again = written(letter.view()), written(letter.view())

    assert first == again
    assert first.isascii()
    assert max(map(len, first.split(b"\r\n"))) <= 78
    assert b"\n" not in first.replace(b"\r\n", b"")


def test_text_and_html_say_the_same(letter: Letter, message: EmailMessage) -> None:
    text = part(message, "plain")
    html = re.sub(
        r"<style>.*?</style>|<title>.*?</title>|<[^>]*>",
        " ",
        part(message, "html"),
        flags=re.DOTALL,
    )
    for shown, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        html = html.replace(shown, meant)
    facts = [fact for pair in letter.view().facts for fact in pair]

    for said in (*facts, BILLING if letter.view().page == "billing" else WEBHOOKS, "Acme"):
        assert said in text
        assert said in html
    assert not re.search(r"\{\{|\{%|None|undefined", text + html)


def test_html_is_readable_in_dark_mode_and_loads_nothing(message: EmailMessage) -> None:
    html = part(message, "html")

    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert not re.search(r"<(img|link|script|iframe|video|object)|url\(|@import|src=", html)
    assert set(re.findall(r'href="([^"]*)"', html)) <= {BILLING.replace("&", "&amp;"), WEBHOOKS}


def test_a_letter_says_why_it_came_and_how_to_end_it(letter: Letter, message: EmailMessage) -> None:
    foot = part(message, "plain").replace("\r", "").split("\n-- \n")[1]

    assert foot.startswith("You get this mail ")
    if letter.view().template not in {"test", "endpoint_failing", "endpoint_disabled"}:
        assert "To switch it off" in foot
        assert "Billing page" in foot


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("low balance", "Low balance (warning): 45.23 credits left"),
        ("workspace usage", "High usage (warning) in client-a: 23 credits in 1 hour"),
        ("global usage", "High usage (critical): 610 credits in 1 hour"),
        ("top-up succeeded", "Auto top-up: 100 credits added"),
        ("top-up failed", "Auto top-up failed: 100 credits not added"),
        ("endpoint failing", "Webhook endpoint failing: hooks.example:8443"),
        ("endpoint disabled", "Webhook endpoint disabled: hooks.example:8443"),
        ("test", "Test mail from Prepaid"),
    ],
)
def test_the_subject_says_it_all(name: str, subject: str) -> None:
    assert opened(written(LETTERS[name].view()))["Subject"] == subject


def test_usage_of_a_workspace_names_it_and_its_legal_name() -> None:
    usage = opened(written(LETTERS["workspace usage"].view()))

    assert f"Workspace {CLIENT.name} ({CLIENT.legal_name}) has spent" in part(usage, "plain")
    assert "Société &lt;Générale&gt; &amp; Fils 🧾" in part(usage, "html")


def test_usage_of_a_workspace_that_is_gone_shows_its_id() -> None:
    gone = read(HIGH_USAGE, events.BY_NAME[HIGH_USAGE].body)

    assert "Workspace: ws_..." in part(opened(written(gone.view())), "plain")


def test_an_endpoints_query_is_no_part_of_a_mail() -> None:
    for name in ("endpoint failing", "endpoint disabled"):
        assert b"hidden" not in written(LETTERS[name].view())


@pytest.mark.parametrize(
    ("reason", "said"), [("failing", "5 days"), ("gone", "410 Gone"), ("asked", "webhook-delivery")]
)
def test_a_disabled_endpoint_says_why(reason: str, said: str) -> None:
    disabled = msgspec.convert({"url": URL, "disabled_at": AT, "reason": reason}, EndpointDisabled)

    assert said in part(opened(written(disabled.view())), "plain")


def test_a_letter_without_payload_of_its_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        read("company.updated", b"{}")
    with pytest.raises(msgspec.ValidationError):
        read(LOW_BALANCE, b"{}")


PLAIN = opened(written(LETTERS["low balance"].view()))
NASTY = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from([
    "a\r\nBcc: eve@x.example",
    "a\r\n\r\n<b>body</b>",
    "=?utf-8?q?=0D=0ABcc:_eve?=",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "\u202egnp.exe",
    "{{ 7*7 }}{% raw %}",
    "x" * 5000,
    "é" * 5000,
    "<script>alert(1)</script>",
    '" onmouseover="x',
])  # fmt: skip


@given(tier=NASTY, account=NASTY)
def test_text_from_outside_begins_no_header_line_or_tag(tier: str, account: str) -> None:
    cents = Decimal(100)
    content = written(
        LowBalance(tier, cents, cents, True, "2026-04-14T10:23:45.000Z").view(), account
    )
    message = opened(content)
    plain = PLAIN

    assert message.keys() == plain.keys()
    assert message["Subject"].startswith("Low balance (")
    assert message["Subject"].isprintable()
    assert len(message["Subject"]) <= 150
    tags = [re.findall(r"<[a-z!/][^>]*>", part(one, "html")) for one in (message, plain)]
    assert tags[0] == tags[1]
    assert part(message, "plain").count("\n") == part(plain, "plain").count("\n")


@pytest.mark.parametrize("to", ["", "ada", "a@b.example\r\nBcc: c@d.example", "A <a@b.example>"])
def test_a_recipient_that_is_no_address_is_an_error(to: str) -> None:
    with pytest.raises(ValueError, match="recipient"):
        WRITER.write(MailTest(AT).view(), to=to, account="Acme", key="dlv_1", at=AT)


@pytest.mark.parametrize("key", ["", "a b", "a>\r\nBcc: x", "a@b", "é"])
def test_a_key_that_is_no_part_of_a_header_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        WRITER.write(MailTest(AT).view(), to="a@b.example", account="Acme", key=key, at=AT)


@pytest.mark.parametrize(
    ("sender", "billing"),
    [("Prepaid", BILLING), ("a@b.example\nX: y", BILLING), ("a@b.example", "javascript:alert(1)")],
)
def test_a_writer_needs_a_sender_and_links(sender: str, billing: str) -> None:
    with pytest.raises(ValueError, match=r"sender|links"):
        LetterWriter(sender, billing_url=billing, webhooks_url=WEBHOOKS)


def test_a_failed_top_up_that_stays_on_says_so() -> None:
    failed = TopupFailed(Decimal(1), Decimal(1), "card_declined", False, "2026-04-14T10:23:45Z")

    assert "Check the payment method." in part(opened(written(failed.view())), "plain")
