"""Which connections the webhook sender makes: addresses, TLS, schemes, and kept ones."""

import asyncio
import socket
from collections.abc import Sequence

import pytest

from prepaid.adapters.addresses import AddressRule
from prepaid.adapters.webhooks import WebhookSender
from tests.adapters.conftest import Authority
from tests.adapters.receivers import (
    HERE,
    ScriptedResolver,
    never,
    read_request,
    receiver,
    talker,
    trap,
)

BODY = b"{}"
NOTHING_ALLOWED = AddressRule()
LOCAL = AddressRule([f"{HERE}/32"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SHORT_S = 0.1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::1]",
        "[64:ff9b::127.0.0.1]",
    ],
)
async def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    """The trap listens where each of these leads; the kernel would complete the connection."""
    with trap() as private:
        async with WebhookSender(NOTHING_ALLOWED, allow_http=True) as sender:
            attempt = await sender.post(f"http://{host}:{private.port}/", BODY, {})

        assert private.is_untouched
    # Some systems read no numbers in disguise: then there is no address at all.
    assert attempt.failure in ({"blocked", "dns"} if host[0] in "02" else {"blocked"})
    assert attempt.status is None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
        "2001:0:a00:1::1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "::127.0.0.1",
    ],
)
async def test_a_name_that_means_a_private_address_gets_no_socket(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a socket there is no packet."""
    made: list[socket.socket] = []

    class Counted(socket.socket):
        def __init__(self, *where: int) -> None:
            super().__init__(*where)
            made.append(self)

    async with WebhookSender(NOTHING_ALLOWED, resolver=ScriptedResolver([address])) as sender:
        monkeypatch.setattr(socket, "socket", Counted)
        attempt = await sender.post("https://example.com/", BODY, {})
        monkeypatch.undo()

    assert (attempt.failure, attempt.address) == ("blocked", address)
    assert attempt.excerpt.startswith(f"address {address} is not allowed: ")
    assert made == []


async def test_a_name_that_changes_its_meaning_cannot_pass() -> None:
    """Rebinding: what was looked up when the endpoint was made says nothing of the connection."""
    resolver = ScriptedResolver(["93.184.216.34"], [HERE])
    looked_up = await resolver.resolve("rebind.example")
    assert NOTHING_ALLOWED.refusal(looked_up[0]["host"]) is None

    with trap() as private:
        async with WebhookSender(NOTHING_ALLOWED, allow_http=True, resolver=resolver) as sender:
            attempt = await sender.post(f"http://rebind.example:{private.port}/", BODY, {})

        assert private.is_untouched
    assert (attempt.failure, attempt.address, resolver.asked) == ("blocked", HERE, 2)


async def test_a_name_that_changes_between_two_messages_cannot_pass() -> None:
    resolver = ScriptedResolver([HERE], ["::ffff:127.0.0.2"])

    async with receiver() as seen, WebhookSender(LOCAL, allow_http=True, resolver=resolver) as one:
        first = await one.post(seen.url(host="rebind.example"), BODY, {"Connection": "close"})
    with trap() as private:
        async with WebhookSender(LOCAL, allow_http=True, resolver=resolver) as other:
            again = await other.post(f"http://rebind.example:{private.port}/", BODY, {})

        assert private.is_untouched
    assert (first.failure, again.failure) == (None, "blocked")


async def test_only_the_allowed_of_several_addresses_is_connected_to() -> None:
    resolver = ScriptedResolver(["169.254.169.254", HERE, "10.0.0.1"])

    async with receiver() as seen, WebhookSender(LOCAL, allow_http=True, resolver=resolver) as one:
        attempt = await one.post(seen.url(host="mixed.example"), BODY, {})

    assert (attempt.failure, attempt.address) == (None, HERE)


@pytest.mark.parametrize(
    "url",
    ["http://{}/", "ftp://{}/", "file:///etc/passwd", "{}", "https://[", "https:///", "ws://{}"],
)
async def test_only_https_is_spoken_unless_http_is_allowed(url: str) -> None:
    with trap() as private:
        async with WebhookSender(LOCAL) as sender:
            attempt = await sender.post(url.format(f"{HERE}:{private.port}"), BODY, {})

        assert private.is_untouched
    assert (attempt.failure, attempt.status) == ("blocked", None)


async def test_https_with_a_certificate_that_holds_is_spoken(authority: Authority) -> None:
    async with (
        receiver(tls=authority.server(HERE)) as seen,
        WebhookSender(LOCAL, tls=authority.trust()) as sender,
    ):
        attempt = await sender.post(seen.url(scheme="https"), BODY, {})

    assert (attempt.failure, attempt.status, seen.bodies) == (None, 200, [BODY])


@pytest.mark.parametrize(("name", "trusted"), [(HERE, False), ("other.example", True)])
async def test_a_wrong_certificate_ends_before_a_word_is_sent(
    authority: Authority, name: str, *, trusted: bool
) -> None:
    """Not issued by whom we trust, or issued to somebody else."""
    async with (
        receiver(tls=authority.server(name)) as seen,
        WebhookSender(LOCAL, tls=authority.trust() if trusted else None) as sender,
    ):
        attempt = await sender.post(seen.url(scheme="https"), BODY, {})

    assert (attempt.failure, attempt.status, attempt.address) == ("tls", None, HERE)
    assert seen.bodies == []


async def test_plain_http_on_an_https_port_is_a_tls_failure() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with talker(talk) as seen, WebhookSender(LOCAL) as sender:
        attempt = await sender.post(seen.url(scheme="https"), BODY, {})

    assert (attempt.failure, attempt.status) == ("tls", None)


async def test_a_receiver_that_never_shakes_hands_ends_in_time() -> None:
    async def talk(*_: object) -> None:
        await never()

    async with talker(talk) as seen, WebhookSender(LOCAL, connect_s=SHORT_S) as sender:
        attempt = await sender.post(seen.url(scheme="https"), BODY, {})

    assert (attempt.failure, attempt.status) == ("connect_timeout", None)


async def test_a_name_server_that_never_answers_ends_in_time() -> None:
    class Silent(ScriptedResolver):
        async def resolve(self, *_: object, **__: object) -> list[object]:  # type: ignore[override]
            await never()
            return []

    async with WebhookSender(LOCAL, connect_s=SHORT_S, resolver=Silent()) as sender:
        attempt = await sender.post("https://example.com/", BODY, {})

    assert (attempt.failure, attempt.address) == ("connect_timeout", None)


@pytest.mark.parametrize("host", ["nowhere.example", f"{'a' * 64}.example"])
async def test_a_name_without_an_address_is_a_failure(host: str) -> None:
    async with WebhookSender(LOCAL, resolver=ScriptedResolver([])) as sender:
        attempt = await sender.post(f"https://{host}/", BODY, {})

    assert (attempt.failure, attempt.status, attempt.address) == ("dns", None, None)


async def test_a_closed_port_is_a_failure() -> None:
    with socket.socket() as unheard:
        unheard.bind((HERE, 0))
        port = unheard.getsockname()[1]
        async with WebhookSender(LOCAL, allow_http=True) as sender:
            attempt = await sender.post(f"http://{HERE}:{port}/", BODY, {})

    assert (attempt.failure, attempt.status, attempt.address) == ("connect", None, HERE)


async def test_a_connection_is_kept_for_the_next_message() -> None:
    async with receiver() as seen, WebhookSender(LOCAL, allow_http=True) as sender:
        attempts = [await sender.post(seen.url(), BODY, {}) for _ in range(3)]

    assert len(set(seen.peers)) == 1
    assert [attempt.address for attempt in attempts] == [HERE] * 3


@pytest.mark.parametrize("answers", [(1, 1), (1, 0, 1)], ids=["one each", "closed at once"])
async def test_a_kept_connection_that_was_closed_is_no_failure(answers: Sequence[int]) -> None:
    """Only a new connection that breaks is the receiver's fault."""
    turns = iter(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(next(turns)):
            await read_request(reader)
            writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    async with talker(talk) as seen, WebhookSender(LOCAL, allow_http=True) as sender:
        attempts = [await sender.post(seen.url(), BODY, {}) for _ in range(len(answers))]

    failures = [attempt.failure for attempt in attempts]
    assert failures == [None if answer else "disconnected" for answer in answers]
