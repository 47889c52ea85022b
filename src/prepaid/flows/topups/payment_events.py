"""What the payment provider reports by itself: payments, money that goes back or stays, cards."""

from functools import partial

from prepaid.domain import ids
from prepaid.domain.commands import AnswerTopup, CorrectTopup, ReverseCorrection
from prepaid.domain.ids import Owned
from prepaid.domain.instants import DAY, Span
from prepaid.domain.refusals import Refusal
from prepaid.domain.topups.answers import Answer, Declined, Paid
from prepaid.flows.desk import Desk
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups_flow
from prepaid.flows.topups.payments import (
    CardSaved,
    Disputed,
    DisputeWon,
    PaymentFailed,
    PaymentSucceeded,
    ProviderEvent,
    Refunded,
    RefundFailed,
    SignatureRefused,
)
from prepaid.store.topups import strays
from prepaid.store.topups import topup as topups
from prepaid.store.topups.strays import Stray
from prepaid.store.vault import Connection

STRAY_KEPT: Span = 14 * DAY  # longer than an attempt can take to learn of its payment
STRAYS_MAX = 100


async def take(desk: Desk, body: bytes, signature: str) -> None:
    """Take one report. Late, twice and in any order are all the same.

    Raises:
        Refusal: `400 invalid_request`: it is not signed by the provider; nothing has changed.
        ProviderUnreachable: it should be reported again.
    """
    try:
        event = desk.payments.of(is_sandbox=False).parse_webhook(body, signature)
    except SignatureRefused as error:
        raise Refusal("invalid_request", f"the event is refused: {error}") from error
    if event is not None:
        await _take(desk, event)


async def take_strays(desk: Desk) -> int:
    """Take up refunds and disputes that came before their payment was known; how many did."""
    limit = STRAYS_MAX
    known = await desk.vault.read(lambda connection: strays.known(connection, limit))
    for stray, place in known:
        await _apply(desk, place, stray)
        await desk.vault.write(partial(strays.drop, stray=stray))
    before = desk.clock() - STRAY_KEPT
    await desk.vault.write(lambda connection: strays.prune(connection, before))
    return len(known)


async def reconcile(desk: Desk) -> int:
    """What is due each minute beside the steps of attempts: lost refunds, waiting accounts."""
    await take_strays(desk)
    return await topups_flow.check_levels(desk)


async def _take(desk: Desk, event: ProviderEvent) -> None:
    match event:
        case PaymentSucceeded():
            await _answer(desk, event, Paid(event.payment, event.receipt_url))
        case PaymentFailed():
            await _answer(desk, event, Declined(event.code, event.payment))
        case Refunded() | RefundFailed():
            await _money_back(desk, _stray(desk, event, event.refund, "refund"))
        case Disputed() | DisputeWon():
            await _money_back(desk, _stray(desk, event, event.dispute, "dispute"))
        case CardSaved():
            account = ids.parse_account(event.account or "")
            if account is not None:
                await payment_methods.saved(desk, account, event.customer, event.method)


async def _answer(desk: Desk, event: PaymentSucceeded | PaymentFailed, answer: Answer) -> None:
    key, payment = event.key, event.payment

    def find(connection: Connection) -> Owned | None:
        found = None if key is None else topups.by_key(connection, key)
        return found or topups.by_payment(connection, payment)

    place = await desk.vault.read(find)
    if place is not None:  # else it is a payment of somebody else at the same provider
        await desk.vault.submit(
            AnswerTopup(account=place.account, number=place.number, answer=answer)
        )


async def _money_back(desk: Desk, stray: Stray) -> None:
    place = await desk.vault.read(lambda c: topups.by_payment(c, stray.payment))
    if place is None:
        await desk.vault.write(lambda connection: strays.add(connection, stray))
    else:
        await _apply(desk, place, stray)


async def _apply(desk: Desk, place: Owned, stray: Stray) -> None:
    command = ReverseCorrection if stray.undone else CorrectTopup
    await desk.vault.submit(
        command(
            account=place.account,
            number=place.number,
            reference=stray.reference,
            cause=stray.cause,
            payment=stray.payment,
            price=stray.price,
            currency=stray.currency,
        )
    )


def _stray(
    desk: Desk,
    event: Refunded | RefundFailed | Disputed | DisputeWon,
    reference: str,
    cause: strays.Cause,
) -> Stray:
    undone = isinstance(event, RefundFailed | DisputeWon)
    return Stray(event.payment, reference, cause, event.price, event.currency, desk.clock(), undone)
