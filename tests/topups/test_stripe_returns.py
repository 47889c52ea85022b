"""Events as Stripe's library signs them, of refunds that fail and disputes that are won."""

import itertools
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
import stripe

from prepaid.adapters.letters import read
from prepaid.adapters.stripe_payments import StripePayments
from prepaid.domain.refusals import Refusal
from prepaid.flows.topups import payment_events
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import Payments
from prepaid.store.deliveries import notices
from tests.topups.kiosk import Kiosk

SECRET = "whsec_ours"
Body = tuple[str, dict[str, object]]
REFUND = {"id": "re_1", "object": "refund", "amount": 333, "currency": "eur", "status": "succeeded"}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 1_000,
    "currency": "eur",
    "reason": "fraudulent",
    "status": "needs_response",
}
FAILED: list[Body] = [
    ("refund.created", REFUND),
    ("refund.failed", REFUND | {"status": "failed", "failure_reason": "lost_or_stolen_card"}),
    ("charge.refund.updated", REFUND | {"status": "failed"}),
]
CANCELED: list[Body] = [
    ("refund.created", REFUND | {"status": "requires_action"}),
    ("refund.updated", REFUND),
    ("charge.refund.updated", REFUND | {"status": "canceled"}),
]
WON: list[Body] = [
    ("charge.dispute.created", DISPUTE),
    ("charge.dispute.funds_withdrawn", DISPUTE),
    ("charge.dispute.funds_reinstated", DISPUTE | {"status": "won"}),
    ("charge.dispute.closed", DISPUTE | {"status": "won"}),
]
INQUIRY: list[Body] = [
    ("charge.dispute.created", DISPUTE | {"status": "warning_needs_response"}),
    ("charge.dispute.closed", DISPUTE | {"status": "warning_closed"}),
]


@pytest.fixture
async def till(kiosk: Kiosk) -> AsyncIterator[Kiosk]:
    """A customer who has paid for 1 000 of its 2 000 cents; Stripe reports what becomes of them."""
    await kiosk.customer(1_000, threshold=100, amount=1_000)
    await topups.buy(kiosk.desk, kiosk.account, 1_000, None)
    await kiosk.run()
    provider = StripePayments("sk_test_12345", SECRET)
    object.__setattr__(kiosk.desk, "payments", Payments(provider, kiosk.provider))
    yield kiosk
    await provider.close()


async def report(till: Kiosk, number: int, event: Body) -> None:
    """Stripe tells it, signed."""
    kind, thing = event
    about = thing | {"payment_intent": till.paid[0].id}
    body = msgspec.json.encode(
        {"id": f"evt_{number}", "object": "event", "type": kind, "data": {"object": about}}
    )
    await payment_events.take(till.desk, body, signature(body))


def signature(body: bytes) -> str:
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode(), SECRET, int(time.time())
    )
    assert isinstance(header, str)
    return header


@pytest.mark.parametrize("events", [FAILED, CANCELED, WON, INQUIRY])
async def test_in_any_order_and_twice_nothing_is_taken_in_the_end(
    till: Kiosk, events: list[Body]
) -> None:
    """Each order is of a refund or dispute of its own."""
    for order, told in enumerate(itertools.permutations(events)):
        for number, (kind, thing) in enumerate(told * 2):
            await report(till, number, (kind, thing | {"id": f"{thing['id']}_{order}"}))
        assert await till.balance() == 2_000, [kind for kind, _ in told]


@pytest.mark.parametrize(
    ("events", "left", "kinds"),
    [
        (FAILED[:1], 1_667, ["topup_refunded"]),
        (FAILED, 2_000, ["topup_refund_failed", "topup_refunded"]),
        (FAILED[1:], 2_000, []),
        (WON[:2], 1_000, ["topup_disputed"]),
        (WON[1:2], 1_000, ["topup_disputed"]),
        (WON, 2_000, ["topup_dispute_won", "topup_disputed"]),
        ([*WON[:2], ("charge.dispute.closed", DISPUTE | {"status": "lost"})], 1_000, None),
        (INQUIRY, 2_000, []),
        ([INQUIRY[0], *WON[1:2]], 1_000, ["topup_disputed"]),
    ],
)
async def test_what_stripe_says_decides_what_is_left_and_who_is_told(
    till: Kiosk, events: list[Body], left: int, kinds: list[str] | None
) -> None:
    for number, event in enumerate(events):
        await report(till, number, event)
    told = await till.desk.vault.read(lambda c: notices.every(c, till.account))

    assert await till.balance() == left
    assert sorted(one.kind for one in told) == (["topup_disputed"] if kinds is None else kinds)


async def test_an_unsigned_end_gives_nothing_back(till: Kiosk) -> None:
    """Or whoever has been refunded could have the credit too."""
    await report(till, 1, FAILED[0])
    body = msgspec.json.encode(
        {
            "id": "evt_2",
            "type": FAILED[1][0],
            "data": {"object": FAILED[1][1] | {"payment_intent": till.paid[0].id}},
        }
    )
    with pytest.raises(Refusal, match="refused"):
        await payment_events.take(till.desk, body, signature(body + b" "))

    assert await till.balance() == 1_667


async def test_the_mail_says_how_much_was_put_back(till: Kiosk) -> None:
    for number, event in enumerate(FAILED):
        await report(till, number, event)
    told = await till.desk.vault.read(lambda c: notices.every(c, till.account))
    (notice,) = [one for one in told if one.kind == "topup_refund_failed"]
    letter = read(notice.kind, msgspec.json.encode(notice.facts)).view()

    assert letter.facts[-1] == ("Put back", "3.33 credits")
    assert letter.words["money"] == "3.33 EUR"
