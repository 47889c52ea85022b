"""One message to one mailbox over SMTP. Says whether trying again can help.

Knows nothing of what a message says, nor of retries.
"""

import asyncio
import contextlib
import ssl
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from msgspec import Struct

from prepaid.adapters.mailboxes import is_address, parse_sender

TOTAL_S = 60.0  # for everything, from the name look-up to the last answer
STEP_S = 30.0  # for each command
QUIT_S = 2.0  # for the goodbye, when the message has been accepted
REPLY_LENGTH_MAX = 500  # characters of the server's answer that are kept

Security = Literal[
    "tls",  # from the first byte
    "starttls",  # required before anything is said; the certificate must hold
    "auto",  # taken when offered, from whomever: keeps a listener out, not an impostor
    "none",
]
Outcome = Literal["accepted", "temporary", "permanent"]
Failure = Literal[
    "address",  # the recipient cannot be written in an SMTP command
    "connection",  # no host, refused, or closed; after the message was sent it may have arrived
    "timeout",
    "tls",
    "authentication",  # our user or password; a fault of the set-up, so it is tried again
    "refused",  # the server said no; the code tells whether for ever
    "protocol",  # what was said is not SMTP, or the server lacks what is required
]

_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "auto": 25, "none": 25}
_ACCEPTED = 250
_TEMPORARY = 400
_PERMANENT = 500
_NEEDS_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954: answers to how we came in


class MailServer(Struct, frozen=True):
    """The server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str | None
    password: str | None

    def __repr__(self) -> str:
        """Without the password."""
        return f"MailServer({self.host!r}, {self.port}, {self.security!r}, {self.user!r})"


class MailResult(Struct, frozen=True):
    """What became of one message to one mailbox."""

    outcome: Outcome
    failure: Failure | None  # None: accepted
    code: int | None  # SMTP reply code; None: no reply
    reply: str  # of the server, or the error; at most 500 characters, one line
    duration_ms: int


def parse_url(url: str) -> MailServer:
    """The server that a URL names.

    `smtps://user:password@host:465`, or `smtp://user:password@host:587?tls=starttls`. With
    `smtp`, `tls` is `starttls`, `auto` or `none`; without it a user means `starttls`, no user
    means `auto`. User and password are percent-encoded. Ports: 465, 587, else 25.

    Raises:
        ValueError: the URL is no such; the message never repeats it, for its password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the SMTP URL has no valid host and port") from None
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path not in {"", "/"}:
        raise ValueError("the SMTP URL must be smtp://host:port or smtps://host:port")
    if set(options) - {"tls"} or (parts.username is None) != (parts.password is None):
        raise ValueError("the SMTP URL takes user:password@ and ?tls=, nothing else")
    security = _security(parts.scheme, options.get("tls", [""])[-1], known=bool(parts.username))
    return MailServer(
        host=host,
        port=port or _PORTS[security],
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _security(scheme: str, option: str, *, known: bool) -> Security:
    match scheme, option:
        case "smtps", "":
            return "tls"
        case "smtp", "":
            return "starttls" if known else "auto"
        case "smtp", "starttls":
            return "starttls"
        case "smtp", "none":
            return "none"
        case "smtp", "auto" if not known:
            return "auto"
    raise ValueError("tls= is starttls, auto (without a user) or none, and only with smtp://")


class MailSender:
    """Sends mail, one connection for each message: they are few."""

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        hello: str = "localhost",
        total_s: float = TOTAL_S,
        step_s: float = STEP_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take the server's URL, see `parse_url`, and our own address.

        Args:
            url: of the server.
            sender: who gets the bounces: `billing@example.com`, or with a name before it in
                angle brackets, as in a `From` header.
            hello: our own host name, as told to the server.
            total_s: for everything, in seconds.
            step_s: for each command, in seconds.
            tls: trusted certificates; None: the system's. Not used with `auto`.

        Raises:
            ValueError: the URL or the sender is not valid.
        """
        self._server = parse_url(url)
        _, self._sender = parse_sender(sender)
        self._hello = hello
        self._total_s = total_s
        self._step_s = step_s
        self._tls = tls or ssl.create_default_context()

    async def send(self, content: bytes, recipient: str) -> MailResult:
        """Hand one message over. Never raises for what the server does.

        An accepted message is the server's to deliver. `temporary` also covers a connection lost
        after the message was sent: it may have arrived, and has the same `Message-ID` next time.

        Args:
            content: header and body as bytes, frozen before the first attempt.
            recipient: a bare address; anything else is refused for good.
        """
        clock = asyncio.get_running_loop()
        began = clock.time()
        client = self._client()
        try:
            async with asyncio.timeout(self._total_s):
                told = await self._hand_over(client, content, recipient)
        except (aiosmtplib.SMTPException, OSError) as error:
            told = _judge(error)
        finally:
            await _leave(client)
        outcome, failure, code, reply = told
        line = " ".join(reply.split()).encode(errors="replace").decode()
        spent = round((clock.time() - began) * 1000)
        return MailResult(outcome, failure, code, line[:REPLY_LENGTH_MAX], spent)

    async def _hand_over(self, client: aiosmtplib.SMTP, content: bytes, recipient: str) -> "_Told":
        if not is_address(recipient):
            return "permanent", "address", None, "not an address that SMTP can carry"
        await client.connect()
        _, reply = await client.sendmail(self._sender, recipient, content)
        return "accepted", None, _ACCEPTED, reply

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        starts = {"starttls": True, "auto": None}
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=self._hello,
            timeout=self._step_s,
            use_tls=server.security == "tls",
            start_tls=starts.get(server.security, False),
            validate_certs=server.security != "auto",
            tls_context=self._tls if server.security in {"tls", "starttls"} else None,
        )


_Told = tuple[Outcome, Failure | None, int | None, str]


async def _leave(client: aiosmtplib.SMTP) -> None:
    # What was said stands, however the goodbye goes.
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit(timeout=QUIT_S)
    client.close()


def _judge(error: Exception) -> _Told:  # noqa: PLR0911 - a table, narrowest first
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[refused]):
            return _refusal(refused)
        case aiosmtplib.SMTPSenderRefused() | aiosmtplib.SMTPDataError():
            return _refusal(error)
        case aiosmtplib.SMTPAuthenticationError():
            return "temporary", "authentication", error.code, error.message
        case TimeoutError():
            return "temporary", "timeout", None, str(error) or "no answer in time"
        case ssl.SSLError():
            return "temporary", "tls", None, str(error)
        case aiosmtplib.SMTPResponseException():
            said_no = error.code >= _TEMPORARY
            return "temporary", "refused" if said_no else "protocol", error.code, error.message
        case aiosmtplib.SMTPConnectError() if isinstance(error.__cause__, ssl.SSLError):
            return "temporary", "tls", None, str(error)
        case OSError():
            return "temporary", "connection", None, str(error)
        case _:
            return "temporary", "protocol", None, str(error)


def _refusal(error: aiosmtplib.SMTPResponseException) -> _Told:
    if error.code in _NEEDS_LOGIN:
        return "temporary", "authentication", error.code, error.message
    final = error.code >= _PERMANENT
    return "permanent" if final else "temporary", "refused", error.code, error.message
