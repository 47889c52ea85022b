"""`prepaid mail test`: against a real mail server, with TLS and a user; what went wrong is said."""

import asyncio
import email
import email.policy
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography.hazmat.primitives.serialization import Encoding

from tests.adapters.conftest import Authority, authority  # noqa: F401 - a fixture
from tests.adapters.post_office import Post, served
from tests.adapters.receivers import HERE
from tests.kit.prompt import prepaid

ADA = "ada@customer.example"
SENDER = "Acme Billing <billing@acme.example>"
UNUSED = "sqlite:///unused.db"
PASSWORD = "p:a/ss@word"
QUOTED = "p%3Aa%2Fss%40word"


def send(url: str, code: int = 0, to: str = ADA) -> str:
    """What the command says."""
    result = prepaid(
        UNUSED,
        "mail",
        "test",
        to,
        code=code,
        PREPAID_SMTP_URL=url,
        PREPAID_MAIL_FROM=SENDER,
        PREPAID_PUBLIC_URL="https://credits.acme.example/",
    )
    return " ".join(result.output.split())


async def typed(url: str, certificates: str, code: int = 0) -> str:
    """The same by a process of its own, on a machine that trusts these certificates."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "prepaid", "mail", "test", ADA),
        env=os.environ | {"PREPAID_SMTP_URL": url, "SSL_CERT_FILE": certificates},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == code, said.decode()
    return " ".join(said.decode().split())


def knows(_: object, __: object, ___: object, mechanism: str, data: object) -> AuthResult:
    """Let ada in, by her password."""
    assert mechanism in {"LOGIN", "PLAIN"}
    good = LoginPassword(b"ada", PASSWORD.encode())
    return AuthResult(success=data == good, handled=data == good)


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path) -> str:  # noqa: F811 - the fixture
    """The file of certificates that a machine trusting the authority has."""
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return str(file)


@pytest.fixture
def certificate(authority: Authority) -> SSLContext:  # noqa: F811 - the fixture
    return authority.server(HERE)


async def test_a_test_mail_arrives_and_says_where_it_comes_from() -> None:
    post = Post()
    async with served(post) as port:
        said = await asyncio.to_thread(send, f"smtp://{HERE}:{port}?tls=none")

    (mail,) = post.mails
    assert isinstance(mail.content, bytes)
    message = email.message_from_bytes(mail.content, policy=email.policy.SMTP)
    text = message.get_body(("plain",))
    assert text is not None
    assert mail.rcpt_tos == [ADA]
    assert (message["From"], message["Subject"]) == (SENDER, "Test mail from Prepaid")
    assert "https://credits.acme.example/dashboard/billing" in text.get_content()
    assert f"has accepted the mail to {ADA}" in said


async def test_every_test_mail_is_a_new_one() -> None:
    """Else a mail server would take the second for the first come again."""
    post = Post()
    async with served(post) as port:
        for _ in range(2):
            await asyncio.to_thread(send, f"smtp://{HERE}:{port}?tls=none")
    found = [
        email.message_from_bytes(mail.content)["Message-ID"]
        for mail in post.mails
        if isinstance(mail.content, bytes)
    ]

    assert len(set(found)) == 2


async def test_with_tls_from_the_first_byte(certificate: SSLContext, trusted: str) -> None:
    post = Post()
    async with served(post, certificate) as port:
        await typed(f"smtps://{HERE}:{port}", trusted)

    assert [mail.rcpt_tos for mail in post.mails] == [[ADA]]


@asynccontextmanager
async def locked(post: Post, certificate: SSLContext) -> AsyncIterator[int]:
    """A mail server that takes mail from ada only, and her password only under TLS."""
    async with served(
        post,
        tls_context=certificate,
        authenticator=knows,
        auth_required=True,
        require_starttls=True,
    ) as port:
        yield port


async def test_with_starttls_and_a_user(certificate: SSLContext, trusted: str) -> None:
    """Whose password has every character that means something in a URL."""
    post = Post()
    async with locked(post, certificate) as port:
        url = f"smtp://ada:{QUOTED}@{HERE}:{port}?tls=starttls"
        await typed(url, trusted)

    assert [session.ssl is not None for session in post.sessions] == [True]


async def test_a_wrong_password_is_said_and_never_shown(
    certificate: SSLContext, trusted: str
) -> None:
    post = Post()
    async with locked(post, certificate) as port:
        url = f"smtp://ada:wrong-secret@{HERE}:{port}"
        said = await typed(url, trusted, code=1)

    assert post.mails == []
    assert "not sent (authentication" in said
    assert "wrong-secret" not in said


async def test_a_certificate_that_does_not_hold_ends_it(certificate: SSLContext) -> None:
    """A password is told to nobody who cannot prove a name."""
    post = Post()
    async with served(post, certificate) as port:
        said = await asyncio.to_thread(send, f"smtps://ada:secret@{HERE}:{port}", 1)

    assert post.mails == []
    assert post.commands == 0
    assert "not sent (tls" in said


async def test_what_the_mail_server_refuses_is_said_in_its_words() -> None:
    post = Post("550 5.7.1 not for us", after="rcpt")
    async with served(post) as port:
        said = await asyncio.to_thread(send, f"smtp://{HERE}:{port}?tls=none", 1)

    assert "550" in said
    assert "not for us" in said


@pytest.mark.parametrize(
    ("url", "to", "said"),
    [
        ("", ADA, "set PREPAID_SMTP_URL"),
        ("sandbox", ADA, "keeps mail in memory"),
        ("http://mail.example", ADA, "PREPAID_SMTP_URL"),
        ("smtp://user:hidden@mail.example?tls=none&x=1", ADA, "PREPAID_SMTP_URL"),
        ("smtp://mail.example", "no address", "is not a mail address"),
        ("smtp://mail.example", "a@b.example\nBcc: c@d.example", "is not a mail address"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(url: str, to: str, said: str) -> None:
    told = send(url, 1, to)

    assert said in told
    assert "hidden" not in told
