"""Payments by Stripe, with its own library. Knows nothing of balances or of when to ask.

Each request is sent once: when to ask again is decided by `domain.topups`, under the same key.
"""

from collections.abc import Awaitable
from hashlib import sha256
from typing import TypeVar

import msgspec
import stripe
from stripe.params import PaymentIntentListParams

from prepaid.adapters import stripe_objects as objects
from prepaid.adapters import stripe_requests as requests
from prepaid.adapters.stripe_objects import Customer, Event, Intent, Method, Page, Session
from prepaid.domain import ids
from prepaid.domain.instants import DAY, SECOND
from prepaid.domain.refusals import invalid
from prepaid.domain.topups.answers import Answer, Declined, Found, Pending, Unreachable
from prepaid.domain.topups.topup import Attempt
from prepaid.flows.topups.payments import (
    ProviderEvent,
    ProviderUnreachable,
    SavedMethod,
    SignatureRefused,
)

API_BASE = "https://api.stripe.com"
# What this module sends and reads is of this version, whichever one the library prefers.
API_VERSION = "2026-10-28.endive"
TIMEOUT_S = 30.0
PAGE_PAYMENTS = 100
PAGES_MAX = 50
_CLOCKS_APART_S = DAY // SECOND  # how far Stripe's clock and ours may be apart, generously

T = TypeVar("T")


class StripePayments:
    """Implements `flows.payments.PaymentProvider`."""

    def __init__(
        self,
        api_key: str,
        webhook_secret: str,
        *,
        api_base: str = API_BASE,
        timeout_s: float = TIMEOUT_S,
        page_payments: int = PAGE_PAYMENTS,
    ) -> None:
        """Connect on first use.

        Args:
            api_key: secret or restricted key, `sk_…` or `rk_…`.
            webhook_secret: of the endpoint at Stripe that points to us, `whsec_…`.
            api_base: another server that speaks Stripe's API, for tests.
            timeout_s: for one request in all; stays below the lease of a claim.
            page_payments: how many payments a look-up reads at once, at most 100.
        """
        self._webhook_secret = webhook_secret
        self._timeout_s = timeout_s
        self._page_payments = page_payments
        # Of the library's asynchronous clients this one reads the whole body before it returns,
        # so that an answer cut short is an error of the connection like any other.
        self._http = stripe.HTTPXClient(timeout=timeout_s)
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            max_network_retries=0,
            http_client=self._http,
        )

    async def close(self) -> None:
        """Give connections back."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def ensure_customer(self, account: str, name: str) -> str:
        """A customer, the same one for a day; see `PaymentProvider`."""
        digest = sha256(name.encode()).hexdigest()[:16]
        customer = await self._settled(
            self._client.v1.customers.create_async(
                {"name": name, "metadata": {objects.ACCOUNT: account}},
                {"idempotency_key": f"{account}-{digest}"},
            )
        )
        return objects.read(customer, Customer).id

    async def setup_link(self, customer: str, account: str, back_url: str) -> str:
        """A page of Stripe's Checkout; see `PaymentProvider`."""
        session = await self._settled(
            self._client.v1.checkout.sessions.create_async(
                {
                    "mode": "setup",
                    "customer": customer,
                    "allowed_payment_method_types": ["card"],
                    "setup_intent_data": {"metadata": {objects.ACCOUNT: account}},
                    "success_url": back_url,
                    "cancel_url": back_url,
                }
            )
        )
        return objects.read(session, Session).url

    async def save_method(self, customer: str, method: str) -> SavedMethod:
        """Attach a payment method to its customer; see `PaymentProvider`."""
        attach = self._client.v1.payment_methods.attach_async(method, {"customer": customer})
        try:
            attached = await self._sent(attach)
        except requests.Refused as error:
            why = error.user_message or error.code or "no reason given"
            raise invalid("paymentMethod", f"was refused by Stripe: {why}") from error
        return objects.saved_method(objects.read(attached, Method))

    async def forget_method(self, method: str) -> None:
        """Detach a payment method; see `PaymentProvider`."""
        try:
            await self._sent(self._client.v1.payment_methods.detach_async(method))
        except stripe.InvalidRequestError:
            return  # It is unknown or detached already, and that is what was wanted.

    async def charge(self, attempt: Attempt) -> Answer:
        """An off-session payment under the attempt's key; see `PaymentProvider`."""
        pay = self._client.v1.payment_intents.create_async(
            {
                "amount": attempt.price,
                "currency": attempt.currency,
                "customer": attempt.customer,
                "payment_method": attempt.method,
                "allowed_payment_method_types": ["card"],
                "confirm": True,
                "off_session": True,
                "metadata": {
                    objects.KEY: attempt.key,
                    objects.ACCOUNT: ids.account(attempt.account),
                    objects.TOPUP: attempt.id,
                },
                "expand": ["latest_charge"],
            },
            {"idempotency_key": attempt.key},
        )
        try:
            return objects.state_of(objects.read(await self._sent(pay), Intent))
        except ProviderUnreachable as error:
            return Unreachable(error.reason, error.lost)
        except requests.Refused as error:
            problem = objects.problem(error.json_body)
            left = problem.payment_intent
            return Declined(problem.code or "invalid_request", None if left is None else left.id)

    async def look_up(self, attempt: Attempt) -> Found:
        """The payment with the attempt's key among its customer's; see `PaymentProvider`."""
        try:
            if attempt.payment is not None:
                return objects.state_of(await self._retrieved(attempt.payment))
            return await self._searched(attempt)
        except requests.Refused as error:
            if error.code == "resource_missing":
                return None  # The payment or the whole customer: the next ask will be told so.
            raise requests.unreachable(error) from error

    async def cancel(self, payment: str) -> Answer:
        """Cancel a payment that has not succeeded; see `PaymentProvider`."""
        try:
            return await self._canceled(payment)
        except ProviderUnreachable as error:
            return Unreachable(error.reason, error.lost)
        except requests.Refused as error:
            return Declined(objects.problem(error.json_body).code or "invalid_request", payment)

    def parse_webhook(self, body: bytes, signature: str) -> ProviderEvent | None:
        """What a signed event of the last five minutes says; see `PaymentProvider`."""
        try:
            event = msgspec.json.decode(body, type=Event)
            self._client.construct_event(body, signature, self._webhook_secret)
            return objects.event_of(event)
        except stripe.SignatureVerificationError as error:
            raise SignatureRefused(error.user_message or "no valid signature") from error
        except ValueError as error:  # msgspec's errors are of this kind
            raise SignatureRefused(f"no event of Stripe: {error}") from error

    async def _retrieved(self, payment: str) -> Intent:
        retrieve = self._client.v1.payment_intents.retrieve_async(
            payment, {"expand": ["latest_charge"]}
        )
        return objects.read(await self._sent(retrieve), Intent)

    async def _searched(self, attempt: Attempt) -> Found:
        """Read the customer's list, newest first. Stripe's search would lag behind it."""
        asked_at = attempt.asked_first_at or attempt.created_at
        query: PaymentIntentListParams = {
            "customer": attempt.customer,
            "created": {"gte": asked_at // SECOND - _CLOCKS_APART_S},
            "limit": self._page_payments,
            "expand": ["data.latest_charge"],
        }
        for _ in range(PAGES_MAX):
            listing = self._client.v1.payment_intents.list_async(query)
            page = objects.read(await self._sent(listing), Page)
            for intent in page.data:
                if intent.metadata.get(objects.KEY) == attempt.key:
                    return objects.state_of(intent)
            if not page.has_more or not page.data:
                return None
            query["starting_after"] = page.data[-1].id
        raise ProviderUnreachable("too_many_payments", lost=False)

    async def _canceled(self, payment: str) -> Answer:
        cancel = self._client.v1.payment_intents.cancel_async(payment)
        try:
            intent = objects.read(await self._sent(cancel), Intent)
        except stripe.InvalidRequestError:
            # Its state does not allow it: it is paid, canceled already, or being decided.
            intent = await self._retrieved(payment)
        if intent.status == objects.CANCELED:
            return Declined(objects.CANCELED, payment)
        found = objects.state_of(intent)
        return Pending(payment) if isinstance(found, Declined) else found

    async def _settled(self, request: Awaitable[T]) -> T:
        """The answer to a request that Stripe has no reason to refuse.

        Raises:
            ProviderUnreachable: anything but success.
        """
        try:
            return await self._sent(request)
        except requests.Refused as error:
            raise requests.unreachable(error) from error

    async def _sent(self, request: Awaitable[T]) -> T:
        return await requests.sent(request, self._timeout_s)
