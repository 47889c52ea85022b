"""What is kept of the headers of a request and of its answer, also when the receiver means harm."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.attempts import KEPT_BYTES_MAX
from prepaid.adapters.webhooks import WebhookSender
from prepaid.domain.deliveries import head_lines
from prepaid.domain.deliveries.head_lines import KEPT_MAX, LINES_MAX, MASK
from tests.adapters.receivers import HERE, receiver, saying, talker, trap

BODY = b'{"n":1}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}
SECRET = "Bearer abcdefgh12345678"
OWN = {"Authorization": SECRET, "X-Shop": "7"}
LOCAL = AddressRule([f"{HERE}/32"])


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with WebhookSender(LOCAL, allow_http=True) as sender:
        yield sender


async def test_the_request_is_kept_as_it_was_received(sender: WebhookSender) -> None:
    """Every header with its value, and of the endpoint's own the names."""
    async with receiver() as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS, OWN)

    (received,) = seen.headers
    kept = [(one.name, one.value) for one in head_lines.parse(attempt.request_headers).headers]
    assert received["Authorization"] == SECRET
    assert kept == [(name, MASK if name in OWN else text) for name, text in received.items()]


async def test_a_request_that_is_sent_twice_is_kept_once(sender: WebhookSender) -> None:
    async with receiver() as seen:
        first = await sender.post(seen.url(), BODY, HEADERS)
        second = await sender.post(seen.url(), BODY, HEADERS)

    assert first.request_headers == second.request_headers
    assert first.response_headers.startswith("Content-Type: text/plain; charset=utf-8\r\n")


@pytest.mark.parametrize("path", ["blocked", "refused"])
async def test_what_was_not_sent_has_no_headers(sender: WebhookSender, path: str) -> None:
    with trap("127.0.0.2") as private:
        url = f"http://127.0.0.2:{private.port}/" if path == "blocked" else f"http://{HERE}:1/"
        attempt = await sender.post(url, BODY, HEADERS, OWN)

    assert (attempt.request_headers, attempt.response_headers) == ("", "")
    assert attempt.failure in {"blocked", "connect"}


async def test_a_secret_that_is_sent_back_is_not_kept(sender: WebhookSender) -> None:
    """In headers, in the body, and where the end of what is kept would cut it."""

    async def echo(request: web.Request) -> web.StreamResponse:
        said = request.headers["Authorization"]
        text = f"{said} {said.split()[1]}"
        text = text.ljust(KEPT_BYTES_MAX - 21, ".") + said
        return web.Response(status=401, text=text, headers={"X-Got": said})

    async with receiver(echo) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS, OWN)

    whole = attempt.excerpt + attempt.response_headers + attempt.request_headers
    assert attempt.status == 401
    assert f"X-Got: {MASK}" in attempt.response_headers
    assert attempt.excerpt.startswith(f"{MASK} {MASK}.")
    assert "abcd" not in whole
    assert len(attempt.excerpt.encode()) <= KEPT_BYTES_MAX


HOSTILE = {
    "huge": [b"X-Huge: " + b"h" * 8_000] * 20,
    "many": [b"X-%d: y" % number for number in range(120)],
    "control": [b"X: a\tb\x01\x1b[31m\x7f", b"Y: ok"],
    "not utf-8": [b"X-\xff: \xc3\x28\xff\xfe", b"Y: \xe2\x80\xae"],
    "nul": [b"X: a\0b"],
    "cookie": [b"Set-Cookie: session=abc; Domain=.example.com", b"set-cookie: b=c"],
    "folded": [b"X: a", b" HTTP/1.1 500 b", b"\tX-Made-Up: c"],
    "bare": [b"X: a\rX-Made-Up: b", b"Z: c\nX-Made-Up: d"],
    "too many": [b"X: y"] * 200,
    "too long": [b"X: " + b"y" * 100_000],
    "empty": [b"X:", b"Y: "],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_headers_leave_little_and_plain_text(
    sender: WebhookSender, name: str
) -> None:
    """Either it is no HTTP, or what is kept is short and can be shown and kept anywhere."""
    rest = b"\r\n".join(HOSTILE[name])
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + rest + b"\r\n\r\n"
    async with talker(saying(answer)) as seen:
        attempt = await sender.post(seen.url(), BODY, HEADERS)
        cookies = await sender.post(seen.url(), BODY, HEADERS)

    kept = attempt.response_headers
    head = head_lines.parse(kept)
    assert attempt.status == 200 or attempt.failure == "protocol"
    assert (attempt.status is None) == (kept == "")
    assert len(kept) <= KEPT_MAX + 4 * LINES_MAX
    assert len(head.headers) <= LINES_MAX
    assert head.is_cut == (name in {"huge", "many"})
    assert kept.replace("\r\n", "").replace(MASK, "").removesuffix("…").isascii()
    assert kept.replace("\r\n", "").isprintable()
    assert "abc" not in kept
    assert "ookie" not in cookies.request_headers, "nothing that was set is sent back"
