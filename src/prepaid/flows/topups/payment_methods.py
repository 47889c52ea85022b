"""The card an account pays with: saved at the provider, described here, never seen."""

import structlog

from prepaid.domain import ids
from prepaid.domain.commands import SetPaymentMethod
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal, not_found
from prepaid.domain.topups.caps import PaymentMethod
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, account_of
from prepaid.flows.topups.payments import PaymentProvider, ProviderUnreachable
from prepaid.store.accounts import AccountRow
from prepaid.store.topups import payers

log = structlog.get_logger("prepaid.payments")


async def get(desk: Desk, account: AccountId) -> PaymentMethod:
    """The account's card.

    Raises:
        Refusal: `404 not_found`.
    """
    found = await _known(desk, account)
    if found is None:
        raise not_found("a payment method")
    return found


async def put(desk: Desk, account: AccountId, reference: str) -> PaymentMethod:
    """Pay with this card from now on.

    Raises:
        Refusal: `400 invalid_request` naming `paymentMethod`, with the provider's reason.
        ProviderUnreachable: the card is not in use; asking again can help.
    """
    row = await account_of(desk, account)
    provider = desk.payments.of(is_sandbox=row.sandbox)
    customer = await _customer(desk, row, provider)
    return await _save(desk, row, provider, customer, reference)


async def delete(desk: Desk, account: AccountId) -> None:
    """Pay with no card any more; auto top-up is switched off. Repeating it changes nothing."""
    row = await account_of(desk, account)
    before = await _known(desk, account)
    if before is None:
        return
    await desk.vault.submit(SetPaymentMethod(account=account, method=None))
    await _forget(desk, row, before)


async def setup_link(desk: Desk, account: AccountId, back_url: str) -> str:
    """URL of the provider's page on which a card is entered; it leads back to `back_url`.

    Raises:
        Refusal: `400 invalid_request` when the service takes no payments.
        ProviderUnreachable: no page was made.
    """
    row = await account_of(desk, account)
    provider = desk.payments.of(is_sandbox=row.sandbox)
    customer = await _customer(desk, row, provider)
    return await provider.setup_link(customer, ids.account(account), back_url)


async def saved(desk: Desk, account: AccountId, customer: str, reference: str) -> None:
    """Take a card into use that was entered on the provider's page.

    Raises:
        ProviderUnreachable: the provider reports it again.
    """
    known = await desk.vault.read(lambda c: payers.customer(c, account))
    if known != customer:  # or the account itself is another installation's
        log.warning("a card of another customer was reported", customer=customer)
        return
    row = await account_of(desk, account)
    provider = desk.payments.of(is_sandbox=row.sandbox)
    try:
        await _save(desk, row, provider, customer, reference)
    except Refusal as refusal:  # detached again meanwhile; there is nobody to tell
        log.warning("a reported card was refused", reason=refusal.message)


async def _save(
    desk: Desk, row: AccountRow, provider: PaymentProvider, customer: str, reference: str
) -> PaymentMethod:
    found = await provider.save_method(customer, reference)
    method = PaymentMethod(
        customer=customer,
        reference=found.reference,
        updated_at=0,  # set under the account's lock
        brand=found.brand,
        last4=found.last4,
        exp_month=found.exp_month,
        exp_year=found.exp_year,
    )
    # The card before is left with the provider: an attempt that was opened for it may still run.
    await desk.vault.submit(SetPaymentMethod(account=row.id, method=method))
    return await get(desk, row.id)


async def _customer(desk: Desk, row: AccountRow, provider: PaymentProvider) -> str:
    known = await desk.vault.read(lambda connection: payers.customer(connection, row.id))
    if known is not None:
        return known
    made = await provider.ensure_customer(ids.account(row.id), row.name)
    return await locked(
        desk, row.id, lambda c, found: payers.keep_customer(c, found.id, made, desk.clock())
    )


async def _known(desk: Desk, account: AccountId) -> PaymentMethod | None:
    await account_of(desk, account)
    found = await desk.vault.read(lambda connection: payers.terms(connection, [account]))
    return found[account].method


async def _forget(desk: Desk, row: AccountRow, method: PaymentMethod) -> None:
    try:
        await desk.payments.of(is_sandbox=row.sandbox).forget_method(method.reference)
    except (ProviderUnreachable, Refusal) as error:
        # It is not used any more; that it stays with the provider harms nobody.
        log.warning("a card was not forgotten by the provider", reason=str(error))
