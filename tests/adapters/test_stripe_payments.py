"""The real Stripe library against localstripe: what is asked, and what each answer becomes."""

import time
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace

from prepaid.adapters import stripe_payments
from prepaid.adapters.stripe_payments import StripePayments
from prepaid.domain.instants import DAY, SECOND, Instant
from prepaid.domain.refusals import Refusal
from prepaid.domain.topups.answers import Declined, Paid, Unreachable
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups.payments import PaymentProvider, ProviderUnreachable
from tests.adapters import local_stripe
from tests.adapters.local_stripe import API_KEY, Counter
from tests.adapters.payment_attempts import attempt as attempt_at

VISA = "pm_card_visa"
REFUSED_LATER = "pm_card_chargeCustomerFail"  # can be saved, cannot be charged


@pytest.fixture(scope="session")
def localstripe() -> Iterator[str]:
    with local_stripe.running() as url:
        yield url


@pytest.fixture
async def counter(localstripe: str) -> AsyncIterator[Counter]:
    counter = Counter(localstripe)
    async with counter.open():
        yield counter


@pytest.fixture
async def provider(counter: Counter) -> AsyncIterator[StripePayments]:
    provider = StripePayments(API_KEY, "whsec_1", api_base=counter.address, page_payments=2)
    yield provider
    await provider.close()


@pytest.fixture
async def customer(provider: StripePayments) -> str:
    return await provider.ensure_customer(f"acc_{time.monotonic_ns():016x}", "Ada")


def now() -> Instant:
    """Localstripe dates payments by the machine's clock, and look-ups ask for recent ones."""
    return int(time.time()) * SECOND


async def attempt(
    provider: StripePayments, customer: str, card: str = VISA, number: int = 1
) -> Attempt:
    saved = await provider.save_method(customer, card)
    return attempt_at(saved.reference, now(), number=number, customer=customer)


async def payments(counter: Counter, customer: str) -> list[str]:
    return [p.status for p, _ in await counter.payments() if p.customer == customer]


async def test_a_customer_made_twice_is_one(provider: StripePayments) -> None:
    declared: PaymentProvider = provider
    account = f"acc_{time.monotonic_ns():016x}"
    first, again = [await declared.ensure_customer(account, "Ada") for _ in range(2)]

    assert first == again
    assert first.startswith("cus_")


async def test_a_saved_card_is_described_and_can_be_forgotten_twice(
    provider: StripePayments, customer: str
) -> None:
    saved = await provider.save_method(customer, VISA)

    assert (saved.brand, saved.last4, saved.exp_month) == ("visa", "4242", 12)
    assert await provider.save_method(customer, saved.reference) == saved
    await provider.forget_method(saved.reference)
    await provider.forget_method("pm_unknown")


@pytest.mark.parametrize("card", ["pm_unknown", "pm_card_visa_chargeDeclined"])
async def test_a_card_that_cannot_be_saved_is_refused(
    provider: StripePayments, customer: str, card: str
) -> None:
    with pytest.raises(Refusal, match="paymentMethod was refused by Stripe"):
        await provider.save_method(customer, card)


async def test_a_card_is_entered_on_a_page_of_stripe(
    provider: StripePayments, customer: str
) -> None:
    link = await provider.setup_link(customer, "acc_07", "https://a.example/back")

    for part in ("mode=setup", f"customer={customer}", "acc_07", "https%3A%2F%2Fa.example%2Fback"):
        assert part in link


async def test_a_payment_is_asked_for_with_all_that_finds_it_again(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer)
    answer = await provider.charge(asked)

    assert isinstance(answer, Paid)
    assert await payments(counter, customer) == ["succeeded"]
    sent = counter.asks[0]
    assert (sent["amount"], sent["currency"]) == ("1250", "eur")
    assert (sent["off_session"], sent["confirm"]) == ("true", "true")
    assert sent["metadata[prepaid_attempt]"] == asked.key
    assert sent["metadata[prepaid_topup]"] == asked.id
    assert asked.key in counter.stored


async def test_asking_again_under_the_same_key_takes_nothing_more(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer)

    assert await provider.charge(asked) == await provider.charge(asked)
    assert await payments(counter, customer) == ["succeeded"]


async def test_a_declined_card_fails_and_its_payment_is_canceled(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer, REFUSED_LATER)
    declined = await provider.charge(asked)
    found = await provider.look_up(asked)

    assert declined == Declined("card_declined")
    assert isinstance(found, Declined)
    assert found.code == "card_declined"
    assert found.payment is not None
    assert await provider.cancel(found.payment) == Declined("canceled", found.payment)
    assert await payments(counter, customer) == ["canceled"]
    assert await provider.cancel(found.payment) == Declined("canceled", found.payment)


async def test_a_card_that_wants_its_owner_there_is_declined(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer, await counter.new_card("4000002500003155"))
    answer = await provider.charge(asked)

    assert isinstance(answer, Declined)
    assert answer.code == "authentication_required"
    assert answer == await provider.look_up(asked)


async def test_a_paid_payment_is_not_canceled(provider: StripePayments, customer: str) -> None:
    paid = await provider.charge(await attempt(provider, customer))

    assert isinstance(paid, Paid)
    assert await provider.cancel(paid.payment) == paid
    assert await provider.cancel("pi_unknown") == Declined("invalid_request", "pi_unknown")


async def test_money_taken_without_an_answer_is_found(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    """The connection ends after Stripe has taken the money."""
    asked = await attempt(provider, customer)
    counter.faults = ["lost"]
    answer = await provider.charge(asked)
    found = await provider.look_up(asked)

    assert answer == Unreachable("no_connection", lost=True)
    assert isinstance(found, Paid)
    assert await provider.charge(asked) == found
    assert await payments(counter, customer) == ["succeeded"]


async def test_money_taken_after_the_time_limit_is_found(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer)
    counter.faults = ["hang"]
    hasty = StripePayments(API_KEY, "whsec_1", api_base=counter.address, timeout_s=0.2)
    answer = await hasty.charge(asked)
    await counter.is_made.wait()
    await hasty.close()

    assert answer == Unreachable("timeout", lost=True)
    assert isinstance(await provider.look_up(asked), Paid)
    assert await payments(counter, customer) == ["succeeded"]


async def test_an_ask_that_never_arrived_is_not_found(
    provider: StripePayments, counter: Counter, customer: str
) -> None:
    asked = await attempt(provider, customer)
    counter.faults = ["unheard"]

    assert await provider.charge(asked) == Unreachable("no_connection", lost=True)
    assert await provider.look_up(asked) is None
    assert isinstance(await provider.charge(asked), Paid)


async def test_a_payment_is_found_behind_many_others(
    provider: StripePayments, counter: Counter, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages hold two payments here."""
    first = await attempt(provider, customer)
    paid = [
        await provider.charge(replace(first, number=number, key=f"{number:032x}"))
        for number in range(1, 6)
    ]

    assert await provider.look_up(first) == paid[0]
    assert await provider.look_up(replace(first, key="f" * 32)) is None
    assert await provider.look_up(replace(first, asked_first_at=now() + 2 * DAY)) is None
    monkeypatch.setattr(stripe_payments, "PAGES_MAX", 2)
    with pytest.raises(ProviderUnreachable, match="too_many_payments"):
        await provider.look_up(first)


async def test_a_known_payment_is_looked_up_by_its_id(
    provider: StripePayments, customer: str
) -> None:
    asked = await attempt(provider, customer)
    paid = await provider.charge(asked)

    assert isinstance(paid, Paid)
    assert await provider.look_up(replace(asked, key="f" * 32, payment=paid.payment)) == paid


async def test_a_key_used_for_another_request_has_to_be_looked_up(
    provider: StripePayments, customer: str
) -> None:
    asked = await attempt(provider, customer)
    paid = await provider.charge(asked)

    assert await provider.charge(replace(asked, price=1)) == Unreachable("http_400", lost=True)
    assert await provider.look_up(asked) == paid


async def test_a_request_that_stripe_refuses_is_a_decline(
    provider: StripePayments, customer: str
) -> None:
    """A card that was removed at Stripe; no later ask could do better."""
    asked = attempt_at("pm_unknown", now(), customer=customer)

    assert await provider.charge(asked) == Declined("invalid_request")
