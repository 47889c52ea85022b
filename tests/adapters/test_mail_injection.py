"""Text of customers on its whole way: template, message, SMTP."""

import email
import email.policy

from prepaid.adapters.letters import LetterWriter, read
from prepaid.adapters.mail import MailSender
from prepaid.domain import events
from prepaid.domain.accounts import Tag
from prepaid.domain.addressees import Addressee
from prepaid.domain.events.high_usage import HIGH_USAGE
from tests.adapters.post_office import Post, served
from tests.adapters.receivers import HERE

SENDER = "Prepaid <billing@prepaid.example>"
ADA = "ada@customer.example"


async def test_names_cannot_inject_into_mail() -> None:
    """A workspace's names are the customer's text: they stay text on the whole way."""
    evil = (
        "x\r\nBcc: eve@x.example\r\n\r\n.\r\nMAIL FROM:<eve@x.example>\n<script>alert(1)</script>"
    )
    usage = read(HIGH_USAGE, events.BY_NAME[HIGH_USAGE].body, Tag(2, evil, evil))
    writer = LetterWriter(SENDER, dashboard_url="https://p.example/dashboard")
    content = writer.write(usage.view(), Addressee(ADA, None, evil), key="dlv_1", at=0)
    post = Post()
    async with served(post) as port:
        result = await MailSender(f"smtp://{HERE}:{port}?tls=none", SENDER).send(content, ADA)

    assert result.outcome == "accepted"
    (mail,) = post.mails
    assert mail.rcpt_tos == [ADA]
    assert mail.content == content
    assert isinstance(mail.content, bytes)
    message = email.message_from_bytes(mail.content, policy=email.policy.SMTP)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("High usage (warning) in x Bcc: eve@x.example . MAIL")
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
