"""The webhook sender against receivers of every kind. Time limits are short, nothing sleeps."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest
import standardwebhooks.webhooks
import svix
from aiohttp import web

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.webhooks import WebhookSender
from prepaid.domain.deliveries import signatures
from prepaid.domain.instants import from_datetime
from tests.adapters.receivers import HERE, receiver, saying, talker, trap

BODY = '{"legalName":"Société Générale 🧾"}'.encode()
HEADERS = {"Content-Type": "application/json", "User-Agent": "Prepaid", "X-Tenant": "a"}
LOCAL = AddressRule([f"{HERE}/32"])
SHORT_S = 0.1


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with WebhookSender(LOCAL, allow_http=True) as sender:
        yield sender


async def test_a_receiver_gets_the_bytes_and_headers_and_nothing_else(
    sender: WebhookSender,
) -> None:
    async with receiver() as seen:
        attempt = await sender.post(seen.url("/a?b=%2F&c=%C3%A9"), BODY, HEADERS)

    assert (attempt.failure, attempt.status, attempt.excerpt) == (None, 200, "thanks")
    assert attempt.address == HERE
    assert attempt.duration_ms >= 0
    assert seen.bodies == [BODY]
    ours = {"Host": f"{HERE}:{seen.port}", "Content-Length": str(len(BODY))}
    assert seen.headers == [HEADERS | ours | {"Accept-Encoding": "identity"}]


async def test_a_receiver_verifies_what_it_gets_with_the_official_libraries(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 4, 14, 10, 23, 45, tzinfo=UTC)
    keys = [b"n" * 32, b"o" * 24]

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "StoppedClock":
            return cls.fromtimestamp(moment.timestamp(), tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", StoppedClock)
    signed = signatures.headers("msg_1", from_datetime(moment), BODY, keys)
    async with receiver() as seen:
        await sender.post(seen.url(), BODY, HEADERS | signed)

    for secret in map(signatures.secret_text, keys):
        svix.Webhook(secret).verify(seen.bodies[0], seen.headers[0])
        standardwebhooks.Webhook(secret).verify(seen.bodies[0], seen.headers[0])


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (201, None),
        (204, None),
        (299, None),
        (302, "redirect"),
        (304, "redirect"),
        (400, "client_error"),
        (410, "client_error"),
        (429, "client_error"),
        (500, "server_error"),
        (503, "server_error"),
        (600, "unexpected_status"),
        (101, "unexpected_status"),
    ],
)
async def test_2xx_is_success_and_nothing_else(
    sender: WebhookSender, status: int, failure: str | None
) -> None:
    async with talker(saying(b"HTTP/1.1 %d Word\r\nContent-Length: 0\r\n\r\n" % status)) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert (attempt.status, attempt.failure) == (status, failure)


async def test_what_a_receiver_asks_for_is_handed_on(sender: WebhookSender) -> None:
    answer = (
        b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nWebhook-Delivery: abort-message\xff\r\n"
        b"Content-Length: 3\r\n\r\na\0b"
    )
    async with talker(saying(answer)) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)

    assert (attempt.retry_after, attempt.directive) == ("120", "abort-message")
    assert attempt.excerpt == "a\ufffdb"


async def test_neither_proxies_nor_cookies_nor_passwords_come_from_around(
    sender: WebhookSender, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f"machine {HERE} login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    async def cookie(_: web.Request) -> web.StreamResponse:
        return web.Response(headers={"Set-Cookie": "a=b; Path=/"})

    with trap() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{HERE}:{proxy.port}")
        async with receiver(cookie) as seen:
            for _ in range(2):
                await sender.post(seen.url(), BODY, HEADERS)

        assert proxy.is_untouched
    assert len(seen.headers) == 2
    assert not any({"Cookie", "Authorization"} & set(headers) for headers in seen.headers)


async def test_a_header_with_a_line_break_is_our_own_error(sender: WebhookSender) -> None:
    async with receiver() as seen:
        with pytest.raises(ValueError, match="header"):
            await sender.post(seen.url(), BODY, {"X-Tenant": "a\r\nX-Other: b"})

    assert seen.bodies == []
