"""Joins this room's senders to the flows that hand them work."""

from prepaid.adapters.addresses import rule_of
from prepaid.adapters.letters import LetterRoom, LetterWriter
from prepaid.adapters.mail import MailSender
from prepaid.adapters.mailboxes import parse_sender
from prepaid.adapters.webhooks import WebhookSender
from prepaid.flows.deliveries.delivery import Deliverer
from prepaid.flows.deliveries.mails import Mailer, Postman
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.flows.desk import Desk


def post_room(
    desk: Desk,
    *,
    cidrs: str,
    smtp_url: str,
    mail_from: str,
    public_url: str,
    mailbox: Mailer | None,
) -> PostRoom:
    """Who sends webhooks and mail. Make it inside the event loop.

    Args:
        desk: of this process.
        cidrs: networks that webhooks may be sent to beside public ones, separated by commas.
        smtp_url: of the mail server; empty: no mail is sent.
        mail_from: who writes.
        public_url: where the service is reached, for links.
        mailbox: takes mail instead of the server.

    Raises:
        ValueError: a network, the mail server's URL or the sender is not valid.
    """
    sender = WebhookSender(rule_of(cidrs), allow_http=desk.allows_http)
    postman = None
    if mailbox is not None or smtp_url:
        mailer = mailbox or MailSender(smtp_url, mail_from)
        postman = Postman(desk, mailer, letter_room(mail_from, public_url))
    return PostRoom(desk, Deliverer(desk, sender), postman, sender.close)


def letter_room(mail_from: str, public_url: str) -> LetterRoom:
    """Who writes letters.

    Raises:
        ValueError: the sender is no address in ASCII, or the URL is not http(s).
    """
    dashboard_url = public_url.rstrip("/") + "/dashboard"
    return LetterRoom(LetterWriter(mail_from, dashboard_url=dashboard_url))


def check(*, cidrs: str, smtp_url: str, mail_from: str, public_url: str) -> None:
    """Whether a post room can be made of these.

    Raises:
        ValueError: names the setting, and never its value.
    """
    for name, make in (
        ("PREPAID_WEBHOOK_ALLOWED_CIDRS", lambda: rule_of(cidrs)),
        ("PREPAID_MAIL_FROM", lambda: parse_sender(mail_from)),
        ("PREPAID_PUBLIC_URL", lambda: letter_room(mail_from, public_url)),
        ("PREPAID_SMTP_URL", lambda: smtp_url and MailSender(smtp_url, mail_from)),
    ):
        try:
            make()
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
