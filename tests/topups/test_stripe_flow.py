"""The whole flow with Stripe's own library against localstripe: cards, payments, events."""

import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256

import pytest

from prepaid.adapters.stripe_payments import StripePayments
from prepaid.domain.instants import SECOND
from prepaid.domain.refusals import Refusal
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import Payments
from tests.adapters import local_stripe
from tests.adapters.local_stripe import API_KEY, Counter
from tests.topups.kiosk import Kiosk

SECRET = "whsec_ours"
REFUSED_LATER = "pm_card_chargeCustomerFail"  # can be saved, cannot be charged


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    with local_stripe.running() as url:
        yield url


@pytest.fixture
async def counter(localstripe: str) -> AsyncIterator[Counter]:
    counter = Counter(localstripe)
    async with counter.open():
        yield counter


@pytest.fixture
async def store(lite: Kiosk, counter: Counter) -> AsyncIterator[Kiosk]:
    """A shop whose real accounts pay by Stripe."""
    provider = StripePayments(API_KEY, SECRET, api_base=counter.address, page_payments=2)
    lite.hand.now = int(time.time()) * SECOND
    kiosk = lite.with_provider(provider)
    object.__setattr__(kiosk.desk, "payments", Payments(provider, lite.provider))
    yield kiosk
    await provider.close()


async def paid(kiosk: Kiosk, counter: Counter) -> list[str]:
    """Keys of the account's payments that succeeded, by Stripe's own list."""
    customer = (await kiosk.attempts())[0].customer
    return [
        payment.metadata["prepaid_attempt"]
        for payment, _ in await counter.payments()
        if payment.customer == customer and payment.status == "succeeded"
    ]


def signed(body: bytes) -> str:
    at = int(time.time())
    digest = hmac.new(SECRET.encode(), b"%d.%b" % (at, body), sha256).hexdigest()
    return f"t={at},v1={digest}"


def event(kind: str, **thing: object) -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}
    ).encode()


async def test_a_saved_card_pays_off_session(store: Kiosk, counter: Counter) -> None:
    await store.customer(600, threshold=500, amount=1_000, sandbox=False)
    await store.charge(200)
    await store.run()

    assert await store.balance() == 1_400
    (attempt,) = await store.attempts()
    assert await paid(store, counter) == [attempt.key]
    assert counter.asks[-1]["off_session"] == "true"
    assert counter.asks[-1]["payment_method"] == attempt.method
    assert store.provider.payments == [], "the sandbox was not asked"


async def test_a_declined_card_fails_once_and_a_new_one_works(
    store: Kiosk, counter: Counter
) -> None:
    await store.customer(600, threshold=500, amount=1_000, sandbox=False, method=REFUSED_LATER)
    await store.charge(200)
    await store.run_to_the_end()
    assert [(a.status, a.error) for a in await store.attempts()] == [("failed", "card_declined")]
    assert await paid(store, counter) == []

    await payment_methods.put(store.desk, store.account, "pm_card_visa")
    await store.configure(enabled=True)
    await store.run_to_the_end()
    assert await store.balance() == 1_400
    assert len(await paid(store, counter)) == 1
    assert [one.notification.identifier for one in await store.told()] == ["failed", "succeeded"]


@pytest.mark.parametrize("fault", ["cut", "unheard"])
async def test_a_lost_answer_is_found_in_stripes_list_or_asked_for_again(
    store: Kiosk, counter: Counter, fault: str
) -> None:
    await store.customer(600, threshold=500, amount=1_000, sandbox=False)
    counter.faults.append(fault)
    await store.charge(200)
    await store.run()
    assert [a.status for a in await store.attempts()] == ["unknown"]

    await store.run_to_the_end()
    assert await store.balance() == 1_400
    assert len(await paid(store, counter)) == 1


async def test_stripes_own_events_credit_and_correct_once(store: Kiosk, counter: Counter) -> None:
    await store.customer(600, threshold=500, amount=1_000, sandbox=False)
    counter.faults.append("cut")
    await store.charge(200)
    await store.run()
    (attempt,) = await store.attempts()
    every = [payment for payment, _ in await counter.payments()]
    (payment,) = [one for one in every if one.customer == attempt.customer]
    told = event(
        "payment_intent.succeeded",
        id=payment.id,
        status="succeeded",
        metadata=payment.metadata,
        latest_charge="ch_1",
        last_payment_error=None,
    )
    back = event(
        "refund.created",
        id="re_1",
        status="succeeded",
        amount=400,
        currency="eur",
        payment_intent=payment.id,
    )
    with pytest.raises(Refusal, match="refused"):
        await payment_events.take(store.desk, told, signed(told + b" "))
    for body in (told, told, back, back):
        await payment_events.take(store.desk, body, signed(body))
    await store.run_to_the_end()

    assert await store.balance() == 1_000
    assert len(await paid(store, counter)) == 1


async def test_a_card_entered_on_stripes_page_is_taken_into_use(
    store: Kiosk, counter: Counter
) -> None:
    account = await store.customer(1_000, sandbox=False)
    link = await payment_methods.setup_link(store.desk, account, "https://a.example/back")
    customer = (await payment_methods.get(store.desk, account)).customer
    assert customer in link
    card = await counter.new_card("5555555555554444")
    body = event(
        "setup_intent.succeeded",
        id="seti_1",
        customer=customer,
        payment_method=card,
        metadata={"prepaid_account": f"acc_{account:016x}"},
    )
    await payment_events.take(store.desk, body, signed(body))
    assert (await payment_methods.get(store.desk, account)).last4 == "4444"

    await topups.buy(store.desk, account, 200, None)
    await store.run()
    assert await store.balance() == 1_200
