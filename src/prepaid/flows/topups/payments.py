"""What the house needs of a payment provider, whichever it is. Never called in a transaction."""

from typing import NamedTuple, Protocol

from msgspec import Struct

from prepaid.domain.refusals import invalid
from prepaid.domain.topups.answers import Answer, Found
from prepaid.domain.topups.topup import Attempt


class ProviderUnreachable(Exception):
    """The provider gave no usable answer; trying again later can help."""

    def __init__(self, reason: str, *, lost: bool) -> None:
        super().__init__(reason)
        self.reason = reason  # a word for logs and the attempt: `timeout`, `http_503`
        self.lost = lost  # the request may have had its effect all the same


class SignatureRefused(Exception):
    """A webhook was not signed by the provider, or too long ago, or is no event at all."""


class SavedMethod(Struct, frozen=True):
    """A card that can be charged while its owner is away. Holds no card data."""

    reference: str  # `pm_…`; may differ from the one that was asked to be saved
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None


class PaymentSucceeded(Struct, frozen=True, tag=True):
    """The provider has taken the money of a payment."""

    event: str  # the provider's id of the event
    key: str | None  # of our attempt; None: the payment is not ours
    payment: str
    receipt_url: str | None


class PaymentFailed(Struct, frozen=True, tag=True):
    """A payment was declined, or canceled at the provider."""

    event: str
    key: str | None
    payment: str
    code: str  # `card_declined`, `authentication_required`, `canceled` …


class Refunded(Struct, frozen=True, tag=True):
    """Money went back to the payer. Its correction is written once per `refund`."""

    event: str
    refund: str  # the provider's id of it, `re_…`
    payment: str  # find the attempt by it
    price: int  # minor units
    currency: str


class Disputed(Struct, frozen=True, tag=True):
    """The payer's bank wants the money back. Its correction is written once per `dispute`."""

    event: str
    dispute: str  # the provider's id of it, `dp_…`
    payment: str  # find the attempt by it
    price: int  # minor units
    currency: str
    reason: str


class RefundFailed(Struct, frozen=True, tag=True):
    """A refund did not arrive, or was canceled: its money has stayed. Ends `refund` for good."""

    event: str
    refund: str
    payment: str  # find the attempt by it
    price: int  # minor units
    currency: str


class DisputeWon(Struct, frozen=True, tag=True):
    """The money of a dispute came back, or was never taken. Ends `dispute` for good."""

    event: str
    dispute: str
    payment: str  # find the attempt by it
    price: int  # minor units
    currency: str


class CardSaved(Struct, frozen=True, tag=True):
    """Somebody finished the page of `setup_link`."""

    event: str
    account: str | None  # `acc_…`, as it was handed to `setup_link`
    customer: str
    method: str  # to be described by `save_method`


ProviderEvent = (
    PaymentSucceeded | PaymentFailed | Refunded | Disputed | RefundFailed | DisputeWon | CardSaved
)


class PaymentProvider(Protocol):
    """Takes money for credit. Every method that asks the provider may take 30 seconds."""

    async def ensure_customer(self, account: str, name: str) -> str:
        """The account's reference at the provider; the caller keeps it.

        Args:
            account: `acc_…`.
            name: what the provider's own screens call it.

        Raises:
            ProviderUnreachable: asking again within a day makes no second customer.
        """

    async def setup_link(self, customer: str, account: str, back_url: str) -> str:
        """URL of a page of the provider on which a card is entered and saved.

        The page leads back to `back_url`; the card arrives as a `CardSaved` event.

        Raises:
            ProviderUnreachable: no page was made.
        """

    async def save_method(self, customer: str, method: str) -> SavedMethod:
        """Let the customer pay with a method later, and describe it. May be repeated.

        Raises:
            Refusal: `invalid_request` naming `paymentMethod`, with the provider's reason.
            ProviderUnreachable: whether it was saved is unknown.
        """

    async def forget_method(self, method: str) -> None:
        """Never charge this method again. One that is unknown or forgotten is no error.

        Raises:
            ProviderUnreachable: whether it was forgotten is unknown.
        """

    async def charge(self, attempt: Attempt) -> Answer:
        """Ask for the money of an attempt, under its key; a repeated ask takes nothing more.

        Never raises for what the provider or the network does: `Unreachable` is an answer too.
        """

    async def look_up(self, attempt: Attempt) -> Found:
        """The payment that carries the attempt's key, or None when the provider lists none.

        Raises:
            ProviderUnreachable: nothing is known.
        """

    async def cancel(self, payment: str) -> Answer:
        """Make sure a payment takes no money any more.

        `Declined` when it is over, `Paid` when it was too late for that, else `Pending` or
        `Unreachable`; never raises for what the provider or the network does.
        """

    def parse_webhook(self, body: bytes, signature: str) -> ProviderEvent | None:
        """What an event of the provider says; None: nothing that matters here.

        Args:
            body: as it was received, not decoded.
            signature: value of the provider's signature header; empty when there was none.

        Raises:
            SignatureRefused: answer 400 and change nothing.
        """

    async def close(self) -> None:
        """Give connections back. The provider is not used afterwards."""


class Payments(NamedTuple):
    """Who takes the money of whom. Sandbox accounts never meet anybody but the sandbox."""

    real: PaymentProvider | None = None  # None: the operator has set up no payments
    sandbox: PaymentProvider | None = None

    def of(self, *, is_sandbox: bool) -> PaymentProvider:
        """The provider of an account.

        Raises:
            Refusal: `400 invalid_request`: there is none.
        """
        found = self.sandbox if is_sandbox else self.real
        if found is None:
            raise invalid("paymentMethod", "cannot be used: this service takes no payments yet")
        return found

    async def close(self) -> None:
        """Give connections back."""
        for provider in {id(one): one for one in self if one is not None}.values():
            await provider.close()
