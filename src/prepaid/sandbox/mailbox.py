"""A mailbox in memory: takes every mail, and shows it. Stands where a mail server would."""

import time
from collections import deque
from email import message_from_bytes, policy

from msgspec import Struct

KEPT_MAX = 100


class Taken(Struct, frozen=True):
    """The mail is here."""

    outcome: str = "accepted"
    failure: str | None = None
    code: int | None = 250
    reply: str = "kept in the sandbox"
    duration_ms: int = 0


class Mail(Struct, frozen=True):
    """A mail that was taken."""

    at: float  # seconds since 1970
    recipient: str
    subject: str
    text: str
    html: str
    number: int  # 1, 2, 3 … of this mailbox


class Mailbox:
    """The last hundred mails, the newest first."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=KEPT_MAX)
        self._taken = 0

    async def send(self, content: bytes, recipient: str) -> Taken:
        """Keep a mail."""
        self._taken += 1
        message = message_from_bytes(content, policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        self.mails.appendleft(
            Mail(
                at=time.time(),
                recipient=recipient,
                subject=str(message["Subject"]),
                text="" if text is None else text.get_content(),
                html="" if html is None else html.get_content(),
                number=self._taken,
            )
        )
        return Taken()
