"""A finished message from a letter's view: header and body, in text and HTML.

Each letter has a template with its sentences as plain text; two layouts, text and HTML, show the
same sentences and facts.
"""

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from prepaid.adapters.letters.view import Page, View
from prepaid.adapters.letters.words import cut, one_line
from prepaid.adapters.mailboxes import is_address, parse_sender
from prepaid.domain import ids
from prepaid.domain.addressees import Addressee
from prepaid.domain.instants import Instant, to_datetime

SUBJECT_LENGTH_MAX = 150

_FOLDER = Path(__file__).parent.parent / "templates" / "mail"
_BLOCKS = ("subject", "headline", "lead", "next", "why")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


class LetterWriter:
    """Writes letters from one sender, with links into one installation."""

    def __init__(self, sender: str, *, dashboard_url: str, product: str = "Prepaid") -> None:
        """Take who writes and where the links lead.

        Args:
            sender: `billing@example.com`, or `Name <billing@example.com>`.
            dashboard_url: where the dashboard's pages are.
            product: what the service is called.

        Raises:
            ValueError: the sender is no address in ASCII, or the URL is not http(s).
        """
        name, address = parse_sender(sender)
        if not dashboard_url.startswith(("https://", "http://")):
            raise ValueError("links in mail must begin with https:// or http://")
        self._dashboard_url = dashboard_url
        self._from = Address(_in_header(one_line(name)), addr_spec=address)
        self._product = product
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def write(self, view: View, to: Addressee, *, key: str, at: Instant) -> bytes:
        """The finished message, header and body; the same bytes for the same arguments.

        Text from outside cannot begin a line, a header or an HTML tag.

        Args:
            view: what is said.
            to: one recipient, and the account that it is an admin of.
            key: names this delivery for ever; becomes the `Message-ID`.
            at: the message's date.

        Raises:
            ValueError: the recipient is no address in ASCII, or `key` cannot be part of a header.
        """
        if not is_address(to.recipient):
            raise ValueError("a letter needs the bare mail address of one recipient, in ASCII")
        if not _KEY.fullmatch(key):
            raise ValueError("a letter's key is made of letters, digits, dots, - and _")
        page = self._page(view, to)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._from
        message["To"] = to.recipient
        message["Subject"] = page["subject"]
        message["Date"] = format_datetime(to_datetime(at))
        message["Message-ID"] = f"<{key}@{self._from.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(self._layout("layout.txt", page, view), cte="quoted-printable")
        html = self._layout("layout.html", page, view)
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        # Quoted-printable never holds "=_", so the body cannot end a part.
        message.set_boundary("=_" + sha256(key.encode()).hexdigest()[:32])
        return message.as_bytes()

    def _page(self, view: View, to: Addressee) -> dict[str, str]:
        words = {name: one_line(value) for name, value in view.words.items()}
        words |= {"account": one_line(to.account_name), "product": one_line(self._product)}
        template = self._environment.get_template(f"{view.template}.txt")
        context = template.new_context(words)
        page = {name: " ".join("".join(template.blocks[name](context)).split()) for name in _BLOCKS}
        page["subject"] = cut(_in_header(page["subject"]), SUBJECT_LENGTH_MAX)
        return page | {"link": self._link(view.page, to), "action": view.page.action}

    def _link(self, page: Page, to: Addressee) -> str:
        """With the account in the path, so that it opens the right one of somebody's accounts."""
        parts = [self._dashboard_url, page.path]
        if page.is_of_account and to.account is not None:
            parts.insert(1, ids.account(to.account))
        return "/".join(parts)

    def _layout(self, name: str, page: Mapping[str, str], view: View) -> str:
        facts = [(label, one_line(value)) for label, value in view.facts]
        return self._environment.get_template(name).render(page, facts=facts)


def _in_header(text: str) -> str:
    # The library decodes `=?utf-8?q?=0D=0A?=` when a header is set, and writes what it decoded.
    return text.replace("=?", "= ?")
