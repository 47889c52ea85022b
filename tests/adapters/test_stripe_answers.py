"""Answers that localstripe does not give: Stripe's own, broken ones, and none at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from prepaid.adapters.stripe_payments import StripePayments
from prepaid.domain.topups.answers import Answer, Declined, Paid, Pending, Unreachable
from prepaid.flows.topups.payments import ProviderUnreachable
from tests.adapters.payment_attempts import attempt

ASKED = attempt("pm_1", 1_776_162_225_000_000)
REQUESTS: list[Callable[[StripePayments], Awaitable[object]]] = [
    lambda provider: provider.look_up(ASKED),
    lambda provider: provider.ensure_customer("acc_07", "Ada"),
    lambda provider: provider.setup_link("cus_1", "acc_07", "https://a.example"),
    lambda provider: provider.save_method("cus_1", "pm_1"),
]
BODIES = [b"", b"nonsense", b"null", b"[]", b"{}", b'"pi_1"', b"7", b"\xff", b'{"id": 1}']
FORGOTTEN = b'{"error": {"code": "resource_missing", "message": "No such customer"}}'


def answer(body: bytes, status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def saying(data: bytes) -> AsyncIterator[StripePayments]:
    """A provider whose Stripe answers every request with these bytes."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        provider = StripePayments("sk_test_1", "whsec_1", api_base=f"http://127.0.0.1:{port}")
        yield provider
        await provider.close()


@pytest.mark.parametrize("body", BODIES)
async def test_an_answer_that_is_none_may_have_been_a_payment(body: bytes) -> None:
    async with saying(answer(body)) as provider:
        charged = await provider.charge(ASKED)
        canceled = await provider.cancel("pi_1")

    for answered in (charged, canceled):
        assert isinstance(answered, Unreachable)
        assert answered.lost


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("request_of", REQUESTS)
async def test_no_answer_is_told_as_one_kind_of_error(
    body: bytes, request_of: Callable[[StripePayments], Awaitable[object]]
) -> None:
    async with saying(answer(body)) as provider:
        with pytest.raises(ProviderUnreachable):
            await request_of(provider)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{", b"what"])
async def test_an_answer_cut_short_may_have_been_a_payment(data: bytes) -> None:
    async with saying(data) as provider:
        assert await provider.charge(ASKED) == Unreachable("no_connection", lost=True)


@pytest.mark.parametrize(
    ("status", "lost"),
    [
        (500, True),
        (503, True),
        (409, True),  # a twin of the request is in flight
        (429, False),
        (401, False),
        (403, False),
    ],
)
async def test_what_is_no_answer_is_no_failure(status: int, lost: bool) -> None:
    async with saying(answer(b'{"error": {"type": "api_error"}}', status)) as provider:
        assert await provider.charge(ASKED) == Unreachable(f"http_{status}", lost)


async def test_an_error_page_is_no_answer() -> None:
    async with saying(answer(b"<html>", 502)) as provider:
        assert await provider.charge(ASKED) == Unreachable("http_502", lost=True)


@pytest.mark.parametrize("code", ["card_declined", "authentication_required"])
async def test_a_decline_names_the_payment_that_is_left(code: str) -> None:
    intent = '{"id": "pi_1", "status": "requires_payment_method", "metadata": {}}'
    body = f'{{"error": {{"code": "{code}", "message": "no", "payment_intent": {intent}}}}}'

    async with saying(answer(body.encode(), 402)) as provider:
        assert await provider.charge(ASKED) == Declined(code, "pi_1")


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ('"succeeded"', Paid("pi_1")),
        ('"succeeded", "latest_charge": "ch_1"', Paid("pi_1")),
        ('"succeeded", "latest_charge": {"receipt_url": "https://r"}', Paid("pi_1", "https://r")),
        ('"processing"', Pending("pi_1")),
        ('"requires_confirmation"', Pending("pi_1")),
        ('"requires_payment_method"', Pending("pi_1")),  # it is still being made
        ('"a state of the future"', Pending("pi_1")),
        ('"requires_action"', Declined("authentication_required", "pi_1")),
        ('"canceled"', Declined("canceled", "pi_1")),
        ('"canceled", "last_payment_error": {"code": "x"}', Declined("x", "pi_1")),
        (
            '"requires_payment_method", "last_payment_error": {}',
            Declined("payment_failed", "pi_1"),
        ),
    ],
)
async def test_each_state_of_a_payment_has_its_meaning(state: str, meaning: Answer) -> None:
    async with saying(answer(f'{{"id": "pi_1", "status": {state}}}'.encode())) as provider:
        assert await provider.charge(ASKED) == meaning


async def test_a_payment_being_decided_cannot_be_canceled_yet() -> None:
    async with saying(answer(b'{"id": "pi_1", "status": "processing"}')) as provider:
        assert await provider.cancel("pi_1") == Pending("pi_1")


async def test_a_customer_that_stripe_has_forgotten_has_no_payments() -> None:
    """So the attempt is asked again, is refused, and ends."""
    async with saying(answer(FORGOTTEN, 404)) as provider:
        assert await provider.look_up(ASKED) is None
        with pytest.raises(ProviderUnreachable, match="refused_resource_missing"):
            await provider.setup_link("cus_1", "acc_07", "https://a.example")


@pytest.mark.parametrize("request_of", REQUESTS)
async def test_a_stripe_that_is_away_was_not_asked(
    unused_tcp_port: int, request_of: Callable[[StripePayments], Awaitable[object]]
) -> None:
    away = StripePayments("sk_test_1", "whsec_1", api_base=f"http://127.0.0.1:{unused_tcp_port}")
    never_sent = Unreachable("no_connection", lost=False)

    assert await away.charge(ASKED) == never_sent
    assert await away.cancel("pi_1") == never_sent
    with pytest.raises(ProviderUnreachable) as unreachable:
        await request_of(away)
    assert not unreachable.value.lost
    await away.close()
