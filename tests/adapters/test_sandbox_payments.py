"""The sandbox's payment provider behaves as Stripe does."""

import asyncio
import multiprocessing
from pathlib import Path

import pytest

from prepaid.domain.refusals import Refusal
from prepaid.domain.topups.answers import Answer, Declined, Paid, Unreachable
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups.payments import PaymentProvider, SavedMethod, SignatureRefused
from prepaid.sandbox import payments
from prepaid.sandbox.payments import SandboxPayments
from tests.adapters.payment_attempts import attempt as attempt_at

NOW = 1_776_162_225_000_000
PAYMENT = f"pi_{1:032x}"
PAID = Paid(PAYMENT, f"https://sandbox.invalid/receipts/{PAYMENT}")
AUTHENTICATION = Declined("authentication_required", PAYMENT)
LOST = Unreachable("timeout", lost=True)


def attempt(method: str = payments.VISA, number: int = 1, price: int = 1_250) -> Attempt:
    return attempt_at(method, NOW, number=number, price=price)


def states(provider: SandboxPayments) -> list[str]:
    return [payment.status for payment in provider.payments]


@pytest.fixture(params=["memory", "file"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> SandboxPayments:
    return SandboxPayments(tmp_path / "payments.jsonl" if request.param == "file" else None)


async def test_it_is_a_payment_provider(provider: SandboxPayments) -> None:
    declared: PaymentProvider = provider

    assert await declared.ensure_customer("acc_07", "Ada") == "cus_07"
    assert await declared.setup_link("cus_07", "acc_07", "https://a.example/?x=1") == (
        "https://a.example/?x=1&paymentMethod=pm_card_visa"
    )
    await declared.forget_method(payments.VISA)
    await declared.close()


@pytest.mark.parametrize(
    ("method", "first", "again", "found", "left"),
    [
        (payments.VISA, PAID, PAID, PAID, ["succeeded"]),
        (payments.DECLINED, Declined("card_declined"), Declined("card_declined"), None, []),
        (
            payments.AUTHENTICATION_REQUIRED,
            AUTHENTICATION,
            AUTHENTICATION,
            AUTHENTICATION,
            ["requires_action"],
        ),
        (payments.TIMEOUT_THEN_PAID, LOST, PAID, PAID, ["succeeded"]),
        (
            payments.UNREACHABLE,
            Unreachable("no_connection", lost=False),
            Unreachable("no_connection", lost=False),
            None,
            [],
        ),
        ("pm_other", Declined("resource_missing"), Declined("resource_missing"), None, []),
    ],
)
async def test_each_card_follows_its_script_and_a_key_pays_once(
    provider: SandboxPayments,
    method: str,
    first: Answer,
    again: Answer,
    found: Answer | None,
    left: list[str],
) -> None:
    assert await provider.charge(attempt(method)) == first
    assert await provider.charge(attempt(method)) == again
    assert await provider.look_up(attempt(method)) == found
    assert states(provider) == left


async def test_a_key_that_comes_with_another_request_is_no_payment(
    provider: SandboxPayments,
) -> None:
    await provider.charge(attempt())
    answer = await provider.charge(attempt(price=1))

    assert answer == Unreachable("http_400", lost=True)
    assert [payment.price for payment in provider.payments] == [1_250]


async def test_what_was_not_paid_can_be_canceled_and_what_was_paid_cannot(
    provider: SandboxPayments,
) -> None:
    await provider.charge(attempt(payments.AUTHENTICATION_REQUIRED))
    await provider.charge(attempt(number=2))
    unpaid, paid = provider.payments

    assert await provider.cancel(unpaid.id) == Declined("canceled", unpaid.id)
    assert await provider.cancel(paid.id) == Paid(
        paid.id, f"https://sandbox.invalid/receipts/{paid.id}"
    )
    assert states(provider) == ["canceled", "succeeded"]
    assert await provider.cancel("pi_other") == Declined("resource_missing", "pi_other")


async def test_only_its_own_cards_can_be_saved(provider: SandboxPayments) -> None:
    saved = await provider.save_method("cus_7", payments.VISA)

    assert saved == SavedMethod("pm_card_visa", "visa", "4242", 12, 2099)
    with pytest.raises(Refusal, match="paymentMethod must be one of pm_card_visa"):
        await provider.save_method("cus_7", "pm_other")


async def test_it_signs_what_it_reports() -> None:
    provider = SandboxPayments(secret=b"ours")
    await provider.charge(attempt())
    await provider.charge(attempt(payments.AUTHENTICATION_REQUIRED, number=2))
    paid, unpaid = provider.payments
    for event in (
        provider.outcome(paid),
        provider.outcome(unpaid),
        provider.refund(paid, 250),
        provider.dispute(paid),
    ):
        body, signature = provider.signed(event)

        assert provider.parse_webhook(body, signature) == event
        for wrong in ("", "é", SandboxPayments(secret=b"theirs").signed(event)[1]):
            with pytest.raises(SignatureRefused):
                provider.parse_webhook(body, wrong)


async def test_what_is_signed_but_no_event_is_refused() -> None:
    provider = SandboxPayments(secret=b"ours")
    with pytest.raises(SignatureRefused, match="no event"):
        provider.parse_webhook(b"{}", provider._sign(b"{}"))


async def test_two_processes_that_share_a_file_share_its_payments(tmp_path: Path) -> None:
    one, other = (SandboxPayments(tmp_path / "payments.jsonl") for _ in range(2))

    assert await one.charge(attempt()) == await other.charge(attempt())
    await other.charge(attempt(number=2))
    assert one.payments == other.payments
    assert len(one.payments) == 2


async def test_a_line_cut_short_by_a_crash_is_as_if_never_written(tmp_path: Path) -> None:
    path = tmp_path / "payments.jsonl"
    await SandboxPayments(path).charge(attempt())
    whole = path.read_bytes()
    for cut in range(1, len(whole)):
        path.write_bytes(whole[:cut])
        survivor = SandboxPayments(path)

        assert survivor.payments == []
        assert await survivor.charge(attempt()) == PAID
        assert path.read_bytes() == whole


def _charge_all(path: Path) -> None:
    async def run() -> None:
        provider = SandboxPayments(path)
        for number in range(1, 41):
            await provider.charge(attempt(number=number))

    asyncio.run(run())


def test_processes_that_race_for_the_same_keys_take_money_once(tmp_path: Path) -> None:
    path = tmp_path / "payments.jsonl"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_charge_all, args=(path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(path.read_bytes().split(b"\n\n")) == 40 + 1
    assert len(SandboxPayments(path).payments) == 40
