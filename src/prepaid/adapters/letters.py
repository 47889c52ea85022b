"""What a mail says: facts in, a finished message out. Renders; sends nothing.

Each letter has a template with its sentences as plain text; two layouts, text and HTML, show the
same sentences and facts. Owns the form in which names and amounts appear.
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from msgspec import Struct

from prepaid.adapters.mailboxes import is_address, parse_sender
from prepaid.domain.instants import Instant, to_datetime

SUBJECT_LENGTH_MAX = 150
LINE_LENGTH_MAX = 500  # of any name or value; longer ones end in …

_FOLDER = Path(__file__).parent / "templates" / "mail"
_BLOCKS = ("subject", "headline", "lead", "next", "why")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
# Control, formatting (among it what turns the direction of text), private and unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # formatting, but part of words and emoji

Fact = tuple[str, str]
Page = Literal["billing", "webhooks"]


class View(Struct, frozen=True):
    """A letter as its template sees it."""

    template: str
    words: dict[str, str]  # what the sentences are made with
    facts: tuple[Fact, ...]  # name and value, shown as a table
    page: Page = "billing"  # where the link leads


class LetterWriter:
    """Writes letters from one sender, with links into one installation."""

    _ACTIONS: ClassVar[Mapping[Page, str]] = {
        "billing": "Open the Billing page",
        "webhooks": "Open the Webhooks page",
    }

    def __init__(
        self, sender: str, *, billing_url: str, webhooks_url: str, product: str = "Prepaid"
    ) -> None:
        """Take who writes and where the links lead.

        Args:
            sender: `billing@example.com`, or `Name <billing@example.com>`.
            billing_url: of the page with balance and notification switches.
            webhooks_url: of the page with the endpoints.
            product: what the service is called.

        Raises:
            ValueError: the sender is no address in ASCII, or a URL is not http(s).
        """
        name, address = parse_sender(sender)
        self._links: dict[Page, str] = {"billing": billing_url, "webhooks": webhooks_url}
        if not all(link.startswith(("https://", "http://")) for link in self._links.values()):
            raise ValueError("links in mail must begin with https:// or http://")
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

    def write(self, view: View, *, to: str, account: str, key: str, at: Instant) -> bytes:
        """The finished message, header and body; the same bytes for the same arguments.

        Text from outside cannot begin a line, a header or an HTML tag.

        Args:
            view: what is said.
            to: the bare address of one recipient.
            account: name of the account, as its admins know it.
            key: names this delivery for ever; becomes the `Message-ID`.
            at: the message's date.

        Raises:
            ValueError: `to` is no address in ASCII, or `key` cannot be part of a header.
        """
        if not is_address(to):
            raise ValueError("a letter needs the bare mail address of one recipient, in ASCII")
        if not _KEY.fullmatch(key):
            raise ValueError("a letter's key is made of letters, digits, dots, - and _")
        page = self._page(view, account)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._from
        message["To"] = to
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

    def _page(self, view: View, account: str) -> dict[str, str]:
        words = {name: one_line(value) for name, value in view.words.items()}
        words |= {"account": one_line(account), "product": one_line(self._product)}
        template = self._environment.get_template(f"{view.template}.txt")
        context = template.new_context(words)
        page = {name: " ".join("".join(template.blocks[name](context)).split()) for name in _BLOCKS}
        page["subject"] = cut(_in_header(page["subject"]), SUBJECT_LENGTH_MAX)
        return page | {"link": self._links[view.page], "action": self._ACTIONS[view.page]}

    def _layout(self, name: str, page: Mapping[str, str], view: View) -> str:
        facts = [(label, one_line(value)) for label, value in view.facts]
        return self._environment.get_template(name).render(page, facts=facts)


def one_line(text: str) -> str:
    """Text from outside as one visible line: what cannot be seen becomes a space."""
    seen = (" " if _is_unseen(letter) else letter for letter in text)
    return cut(" ".join("".join(seen).split()), LINE_LENGTH_MAX)


def _is_unseen(letter: str) -> bool:
    return letter not in _JOINERS and unicodedata.category(letter) in _UNSEEN


def _in_header(text: str) -> str:
    # The library decodes `=?utf-8?q?=0D=0A?=` when a header is set, and writes what it decoded.
    return text.replace("=?", "= ?")


def cut(text: str, length: int) -> str:
    """At most `length` characters, with … for what is missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def amount(cents: Decimal) -> str:
    """Credit cents as credits: `1,045.20 credits`, `1 credit`, `0.000001 credits`."""
    value = cents.scaleb(-2)
    places = max(0, -int(value.normalize().as_tuple().exponent))
    shown = f"{value:,.{max(places, 2) if places else 0}f}"
    return f"{shown} credit" if value == 1 else f"{shown} credits"
