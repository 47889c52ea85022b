"""A payment provider that takes no money, for the demo and for tests. It behaves as Stripe does.

What happens is scripted by the payment method. Answers are stored by the attempt's key, and a
repeated ask is answered from there. Ids are made from keys: the same ask makes the same payment.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from prepaid.domain.refusals import invalid
from prepaid.domain.topups.answers import Answer, Declined, Found, Paid, Pending, Unreachable
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups.payments import (
    Disputed,
    DisputeWon,
    PaymentFailed,
    PaymentSucceeded,
    ProviderEvent,
    Refunded,
    RefundFailed,
    SavedMethod,
    SignatureRefused,
)
from prepaid.sandbox.payment_ledger import Payment, PaymentLedger, Request, Stored

VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
AUTHENTICATION_REQUIRED = "pm_card_authenticationRequired"
TIMEOUT_THEN_PAID = "pm_card_timeoutThenPaid"
UNREACHABLE = "pm_card_unreachable"
_LAST_DIGITS = {
    VISA: "4242",
    DECLINED: "0002",
    AUTHENTICATION_REQUIRED: "3184",
    TIMEOUT_THEN_PAID: "0119",
    UNREACHABLE: "0127",
}
METHODS = tuple(_LAST_DIGITS)
_SECRET_BYTES = 32
_EXPIRES = (12, 2099)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ProviderEvent).decode


class SandboxPayments:
    """Implements `flows.payments.PaymentProvider`."""

    def __init__(self, path: Path | None = None, secret: bytes | None = None) -> None:
        """Start with what the file says, or with nothing.

        Args:
            path: of a file that several processes may share; None keeps everything in memory.
            secret: signs the webhooks of `signed`; None makes one that nobody else knows.
        """
        self._ledger = PaymentLedger(path)
        self._secret = secret or token_bytes(_SECRET_BYTES)

    @property
    def payments(self) -> list[Payment]:
        """Every payment there ever was, in order; money moved where `status` is `succeeded`."""
        with self._ledger.open() as ledger:
            return list(ledger.payments.values())

    async def close(self) -> None:
        """Nothing is held open."""

    async def ensure_customer(self, account: str, name: str) -> str:  # noqa: ARG002
        """A name made from the account's id."""
        return f"cus_{account.removeprefix('acc_')}"

    async def setup_link(self, customer: str, account: str, back_url: str) -> str:  # noqa: ARG002
        """The way back, with the card that pays: here nobody enters one."""
        joint = "&" if "?" in back_url else "?"
        return f"{back_url}{joint}paymentMethod={quote(VISA)}"

    async def save_method(self, customer: str, method: str) -> SavedMethod:  # noqa: ARG002
        """Any of `METHODS`; see `PaymentProvider`."""
        if method not in _LAST_DIGITS:
            raise invalid("paymentMethod", f"must be one of {', '.join(METHODS)}")
        return SavedMethod(method, "visa", _LAST_DIGITS[method], *_EXPIRES)

    async def forget_method(self, method: str) -> None:
        """Nothing is held."""

    async def charge(self, attempt: Attempt) -> Answer:
        """What the method's script says; see `PaymentProvider`."""
        if attempt.method == UNREACHABLE:
            return Unreachable("no_connection", lost=False)
        request = Request(attempt.customer, attempt.method, attempt.price, attempt.currency)
        with self._ledger.open() as ledger:
            stored = ledger.answers.get(attempt.key)
            if stored is not None:
                # Stripe refuses a key that comes with another request.
                same = stored.request == request
                return stored.answer if same else Unreachable("http_400", lost=True)
            answer, payment = _decided(attempt)
            if payment is not None:
                ledger.write(payment)
            ledger.write(Stored(attempt.key, request, answer))
        if attempt.method == TIMEOUT_THEN_PAID:
            return Unreachable("timeout", lost=True)
        return answer

    async def look_up(self, attempt: Attempt) -> Found:
        """The payment made under the attempt's key."""
        with self._ledger.open() as ledger:
            for payment in ledger.payments.values():
                if payment.customer == attempt.customer and payment.key == attempt.key:
                    return _found(payment)
        return None

    async def cancel(self, payment: str) -> Answer:
        """End a payment that was not paid; see `PaymentProvider`."""
        with self._ledger.open() as ledger:
            known = ledger.payments.get(payment)
            if known is None:
                return Declined("resource_missing", payment)
            if known.status == "succeeded":
                return Paid(payment, _receipt(payment))
            ledger.write(replace(known, status="canceled"))
        return Declined("canceled", payment)

    def parse_webhook(self, body: bytes, signature: str) -> ProviderEvent | None:
        """An event of `signed`; see `PaymentProvider`."""
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            raise SignatureRefused("the body was not signed with the sandbox's secret")
        try:
            event: ProviderEvent = _decode(body)
        except msgspec.DecodeError as error:
            raise SignatureRefused(f"no event of the sandbox: {error}") from error
        return event

    def signed(self, event: ProviderEvent) -> tuple[bytes, str]:
        """Body and signature with which the sandbox would report an event."""
        body = _encode(event)
        return body, self._sign(body)

    def outcome(self, payment: Payment) -> ProviderEvent:
        """The event of a payment that was paid, or was not."""
        event = f"evt_{payment.id}_{payment.status}"
        if payment.status == "succeeded":
            return PaymentSucceeded(event, payment.key, payment.id, _receipt(payment.id))
        return PaymentFailed(event, payment.key, payment.id, payment.code or payment.status)

    def refund(self, payment: Payment, price: int, number: int = 1) -> Refunded:
        """The event of the payment's `number`-th refund, of `price` minor units."""
        refund = f"re_{payment.key}{number}"
        return Refunded(f"evt_{refund}", refund, payment.id, price, payment.currency)

    def dispute(self, payment: Payment) -> Disputed:
        """The event of a payer who wants all of a payment back."""
        dispute = f"dp_{payment.key}"
        return Disputed(
            f"evt_{dispute}", dispute, payment.id, payment.price, payment.currency, "fraudulent"
        )

    def refund_failed(self, refund: Refunded) -> RefundFailed:
        """The event of a refund that did not arrive."""
        event = f"{refund.event}_failed"
        return RefundFailed(event, refund.refund, refund.payment, refund.price, refund.currency)

    def dispute_won(self, dispute: Disputed) -> DisputeWon:
        """The event of a dispute that ended for the seller."""
        event = f"{dispute.event}_won"
        return DisputeWon(event, dispute.dispute, dispute.payment, dispute.price, dispute.currency)

    def _sign(self, body: bytes) -> str:
        return hmac.new(self._secret, body, sha256).hexdigest()


def _decided(attempt: Attempt) -> tuple[Answer, Payment | None]:
    """The stored answer to a first ask, and the payment that it leaves behind."""
    script = _SCRIPTS.get(attempt.method)
    if script is None:
        return Declined("resource_missing"), None
    payment = Payment(
        id=f"pi_{attempt.key}",
        key=attempt.key,
        account=attempt.account,
        customer=attempt.customer,
        method=attempt.method,
        price=attempt.price,
        currency=attempt.currency,
        status="succeeded",
    )
    return script(payment)


def _paying(payment: Payment) -> tuple[Answer, Payment | None]:
    return Paid(payment.id, _receipt(payment.id)), payment


def _declining(_: Payment) -> tuple[Answer, Payment | None]:
    # The card is refused before there is a payment (guide: `paymentIntentId` is null).
    return Declined("card_declined"), None


def _authenticating(payment: Payment) -> tuple[Answer, Payment | None]:
    code = "authentication_required"
    return Declined(code, payment.id), replace(payment, status="requires_action", code=code)


_SCRIPTS: dict[str, Callable[[Payment], tuple[Answer, Payment | None]]] = {
    VISA: _paying,
    DECLINED: _declining,
    AUTHENTICATION_REQUIRED: _authenticating,
    TIMEOUT_THEN_PAID: _paying,
}


def _found(payment: Payment) -> Paid | Declined | Pending:
    if payment.status == "succeeded":
        return Paid(payment.id, _receipt(payment.id))
    return Declined(payment.code or payment.status, payment.id)


def _receipt(payment: str) -> str:
    return f"https://sandbox.invalid/receipts/{payment}"
