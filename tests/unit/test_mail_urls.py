"""How the mail server and our own address are named in settings."""

import pytest

from prepaid.adapters.mail import MailSender, parse_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, "auto", None, None)),
        ("smtp://a:b@mail.example", ("mail.example", 587, "starttls", "a", "b")),
        ("smtp://mail.example:2525/?tls=none", ("mail.example", 2525, "none", None, None)),
        (
            "smtp://a%40b:c%2F%3F@m.example?tls=starttls",
            ("m.example", 587, "starttls", "a@b", "c/?"),
        ),
        ("smtps://a:b@mail.example", ("mail.example", 465, "tls", "a", "b")),
        ("smtp://[::1]:2525", ("::1", 2525, "auto", None, None)),
    ],
)
def test_a_server_is_named_by_a_url(url: str, expected: tuple[object, ...]) -> None:
    server = parse_url(url)

    assert (server.host, server.port, server.security, server.user, server.password) == expected
    assert server.password is None or repr(server.password) not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://a:hidden@mail.example:port",
        "smtp://a:hid/den@mail.example:25",
        "smtp://hidden@mail.example",
        "smtp://a:hidden@mail.example?tls=auto",
        "smtp://mail.example?tls=yes",
        "smtps://mail.example?tls=none",
        "smtp://mail.example?ssl=1",
        "smtp://mail.example/path",
    ],
)
def test_any_other_url_is_an_error_that_shows_no_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"SMTP URL|tls=") as error:
        parse_url(url)

    assert "hid" not in str(error.value)


@pytest.mark.parametrize("sender", ["", "Prepaid", "a@b\r\nBcc: c@d", "ä@b.example"])
def test_a_sender_without_an_address_is_an_error(sender: str) -> None:
    with pytest.raises(ValueError, match="sender"):
        MailSender("smtp://mail.example", sender)
