"""What mails say."""

import re
from decimal import Decimal
from email.message import EmailMessage

import msgspec
import pytest

from prepaid.adapters.letters import Letter, read
from prepaid.adapters.letters.catalogue import LETTERS as LETTERS_OF
from prepaid.adapters.letters.endpoint_disabled import EndpointDisabled
from prepaid.adapters.letters.mail_test import MailTest
from prepaid.adapters.letters.topup_failed import TopupFailed
from prepaid.domain import events
from prepaid.domain.addressees import Addressee
from prepaid.domain.events.high_usage import HIGH_USAGE
from prepaid.domain.events.low_balance import LOW_BALANCE
from tests.kit.letters import (
    AT,
    CAN_BE_SWITCHED_OFF,
    CLIENT,
    DASHBOARD,
    LETTERS,
    URL,
    WRITER,
    link,
    opened,
    part,
    written,
)


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

    for said in (*facts, link(letter.view()), "Acme"):
        assert said in text
        assert said in html
    assert not re.search(r"\{\{|\{%|None|undefined", text + html)


def test_html_is_readable_in_dark_mode_and_loads_nothing(
    letter: Letter, message: EmailMessage
) -> None:
    html = part(message, "html")

    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert not re.search(r"<(img|link|script|iframe|video|object)|url\(|@import|src=", html)
    assert set(re.findall(r'href="([^"]*)"', html)) == {link(letter.view()).replace("&", "&amp;")}


def test_a_letter_says_why_it_came_and_how_to_end_it(letter: Letter, message: EmailMessage) -> None:
    foot = part(message, "plain").replace("\r", "").split("\n-- \n")[1]

    assert foot.startswith("You get this mail ")
    if letter in CAN_BE_SWITCHED_OFF:
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
        (
            "spend limit",
            "Spend limit reached in client-a: 500 credits this month",
        ),
        ("top-up cap", "Auto top-up has reached its daily cap"),
        ("refund", "Refund of 12.50 EUR"),
        ("dispute", "Payment of 12.50 EUR disputed"),
        ("refund failed", "Refund of 12.50 EUR did not arrive"),
        ("dispute won", "Dispute of 12.50 EUR closed"),
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
    disabled = msgspec.convert({"url": URL, "at": AT, "reason": reason}, EndpointDisabled)

    assert said in part(opened(written(disabled.view())), "plain")


def test_a_letter_without_payload_of_its_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        read("company.updated", b"{}")
    with pytest.raises(msgspec.ValidationError):
        read(LOW_BALANCE, b"{}")


def test_a_failed_top_up_that_stays_on_says_so() -> None:
    failed = TopupFailed(Decimal(1), Decimal(1), "card_declined", False, "2026-04-14T10:23:45Z")

    assert "Check the payment method." in part(opened(written(failed.view())), "plain")


def test_every_billing_event_has_a_letter() -> None:
    """An account is told by mail of all that its webhooks tell."""
    billing = {name for name in events.BY_NAME if name.startswith("billing.")}

    assert billing <= LETTERS_OF.keys()


def test_a_letter_about_no_account_leads_to_the_dashboard_itself() -> None:
    to = Addressee("ada@customer.example", None, "this installation")
    content = WRITER.write(MailTest(AT).view(), to, key="dlv_1", at=AT)

    assert f"{DASHBOARD}/billing" in part(opened(content), "plain")
