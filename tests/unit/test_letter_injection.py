"""What text from outside cannot do to a mail."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.adapters.letters import LetterWriter
from prepaid.adapters.letters.low_balance import LowBalance
from prepaid.adapters.letters.mail_test import MailTest
from prepaid.domain.addressees import Addressee
from tests.kit.letters import ACCOUNT, AT, DASHBOARD, LETTERS, WRITER, opened, part, written

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
        WRITER.write(MailTest(AT).view(), Addressee(to, ACCOUNT, "Acme"), key="dlv_1", at=AT)


@pytest.mark.parametrize("key", ["", "a b", "a>\r\nBcc: x", "a@b", "é"])
def test_a_key_that_is_no_part_of_a_header_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        WRITER.write(MailTest(AT).view(), Addressee("a@b.example", None, "Acme"), key=key, at=AT)


@pytest.mark.parametrize(
    ("sender", "dashboard"),
    [
        ("Prepaid", DASHBOARD),
        ("a@b.example\nX: y", DASHBOARD),
        ("a@b.example", "javascript:alert(1)"),
    ],
)
def test_a_writer_needs_a_sender_and_links(sender: str, dashboard: str) -> None:
    with pytest.raises(ValueError, match=r"sender|links"):
        LetterWriter(sender, dashboard_url=dashboard)
