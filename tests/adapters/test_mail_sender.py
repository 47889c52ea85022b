"""The mail sender against a real SMTP server, aiosmtpd, in the same event loop."""

import asyncio
from ssl import SSLContext

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from prepaid.adapters.mail import MailResult, MailSender
from tests.adapters.conftest import Authority
from tests.adapters.post_office import Post, served
from tests.adapters.receivers import HERE, never, talker

SENDER = "Prepaid <billing@prepaid.example>"
ADA = "ada@customer.example"
CONTENT = b"Subject: Hello\r\n\r\nA line.\r\n.\r\nAfter a lone dot.\r\n"
SHORT_S = 0.1


async def send(
    port: int,
    *,
    content: bytes = CONTENT,
    to: str = ADA,
    query: str = "?tls=none",
    tls: SSLContext | None = None,
    scheme: str = "smtp",
    who: str = "",
    total_s: float = 5,
) -> MailResult:
    url = f"{scheme}://{who}{HERE}:{port}{query}"
    return await MailSender(url, SENDER, tls=tls, total_s=total_s).send(content, to)


async def test_a_mail_is_handed_over_as_it_is() -> None:
    post = Post()
    async with served(post) as port:
        result = await send(port)

    assert (result.outcome, result.failure, result.code) == ("accepted", None, 250)
    assert "Taken" in result.reply
    (mail,) = post.mails
    assert (mail.mail_from, mail.rcpt_tos) == ("billing@prepaid.example", [ADA])
    assert mail.content == CONTENT


async def test_a_temporary_no_is_temporary_and_the_next_try_is_taken() -> None:
    post = Post("451 4.7.1 Try later")
    async with served(post) as port:
        first, again = [await send(port) for _ in range(2)]

    assert (first.outcome, first.failure, first.code) == ("temporary", "refused", 451)
    assert first.reply == "4.7.1 Try later"
    assert again.outcome == "accepted"
    assert len(post.mails) == 1


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("450 4.2.1 Mailbox busy", "temporary"),
        ("550 5.1.1 No such user", "permanent"),
        ("554 5.7.1 Spam", "permanent"),
        ("530 5.7.0 Authentication required", "temporary"),
    ],
)
async def test_the_servers_no_is_final_from_500(step: str, answer: str, outcome: str) -> None:
    """But a no to how we came in is a fault of the set-up, and mends."""
    post = Post(answer, after=step)
    async with served(post) as port:
        result = await send(port)

    assert (result.outcome, result.code) == (outcome, int(answer[:3]))
    assert post.mails == []


async def test_a_drop_after_data_is_temporary() -> None:
    """The mail may have arrived: the same Message-ID tells it is the same."""
    post = Post("drop")
    async with served(post) as port:
        first, again = [await send(port) for _ in range(2)]

    assert (first.outcome, first.failure, first.code) == ("temporary", "connection", None)
    assert again.outcome == "accepted"
    assert [mail.content for mail in post.mails] == [CONTENT, CONTENT]


async def test_a_goodbye_that_fails_takes_nothing_back() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for answer in (b"250 post", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 Taken\r\n")
        await reader.readline()

    async with talker(talk) as seen:
        result = await send(seen.port)

    assert (result.outcome, result.reply) == ("accepted", "Taken")


@pytest.mark.parametrize(
    ("greeting", "failure"),
    [
        (b"554 Go away\r\n", "refused"),
        (b"HTTP/1.1 400 Bad Request\r\n", "protocol"),
        (b"\0\xff\r\n", "protocol"),
        (b"", "connection"),
    ],
)
async def test_a_server_that_is_none_is_temporary(greeting: bytes, failure: str) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)

    async with talker(talk) as seen:
        result = await send(seen.port)

    assert (result.outcome, result.failure) == ("temporary", failure)


async def test_a_silent_server_ends_in_time() -> None:
    async def talk(*_: object) -> None:
        await never()

    async with talker(talk) as seen:
        result = await send(seen.port, total_s=SHORT_S)

    assert (result.outcome, result.failure, result.code) == ("temporary", "timeout", None)
    assert result.reply


async def test_a_closed_port_is_temporary() -> None:
    async with served(Post()) as port:
        pass

    result = await send(port)

    assert (result.outcome, result.failure) == ("temporary", "connection")


async def test_starttls_is_spoken(authority: Authority) -> None:
    post = Post()
    async with served(post, tls_context=authority.server(HERE), require_starttls=True) as port:
        results = [
            await send(port, query="?tls=starttls", tls=authority.trust()),
            await send(port, query=""),
        ]

    assert [result.outcome for result in results] == ["accepted", "accepted"]
    assert all(session.ssl for session in post.sessions)


async def test_tls_from_the_first_byte_is_spoken(authority: Authority) -> None:
    async with served(Post(), implicit=authority.server(HERE)) as port:
        result = await send(port, scheme="smtps", query="", tls=authority.trust())

    assert result.outcome == "accepted"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_wrong_certificate_ends_before_a_word_is_said(
    authority: Authority, scheme: str
) -> None:
    post, tls = Post(), authority.server(HERE)
    implicit = tls if scheme == "smtps" else None
    async with served(post, implicit, tls_context=None if implicit else tls) as port:
        query = "" if implicit else "?tls=starttls"
        result = await send(port, scheme=scheme, query=query, who="ada:secret@")

    assert (result.outcome, result.failure) == ("temporary", "tls")
    assert post.commands == 0


async def test_a_server_without_tls_gets_no_password() -> None:
    post = Post()
    async with served(post) as port:
        result = await send(port, query="", who="ada:secret@")

    assert (result.outcome, result.failure) == ("temporary", "protocol")
    assert post.commands == 0


@pytest.mark.parametrize(
    ("password", "outcome"), [("p@ss%2Fw%C3%B6rd", "accepted"), ("no", "temporary")]
)
async def test_user_and_password_are_told(
    authority: Authority, password: str, outcome: str
) -> None:
    def check(_: object, __: object, ___: object, mechanism: str, told: object) -> AuthResult:
        assert isinstance(told, LoginPassword)
        known = (told.login, told.password) == (b"ada", "p@ss/wörd".encode())
        return AuthResult(success=known, handled=False)

    tls = authority.server(HERE)
    async with served(Post(), authenticator=check, auth_required=True, tls_context=tls) as port:
        who = f"ada:{password.replace('@', '%40')}@"
        result = await send(port, query="", who=who, tls=authority.trust())

    assert result.outcome == outcome
    assert result.failure in {None, "authentication"}


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "ada@x.example\r\nRCPT TO:<eve@x.example>",
        "ada@x.example> NOTIFY=NEVER",
        "<ada@x.example>",
        "ada@x.example,eve@x.example",
        '"ada eve"@x.example',
        "ädä@x.example",
        "ada@x.example\0",
    ],
)
async def test_a_recipient_that_is_no_address_is_refused_for_good(to: str) -> None:
    post = Post()
    async with served(post) as port:
        result = await send(port, to=to)

    assert (result.outcome, result.failure) == ("permanent", "address")
    assert post.commands == 0
