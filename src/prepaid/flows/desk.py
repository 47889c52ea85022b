"""What every flow is handed: the vault, the clock and randomness."""

from collections.abc import Callable
from dataclasses import dataclass

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import not_found
from prepaid.flows.deliveries.secrets import NoSeals, Seals
from prepaid.flows.statements.printers import NoPrinter, Printer
from prepaid.flows.topups.payments import Payments
from prepaid.store import accounts
from prepaid.store.accounts import AccountRow
from prepaid.store.vault import Vault

NOBODY = Payments()
UNSEALED = NoSeals()
UNPRINTED = NoPrinter()


def _no_reason(_address: str) -> str | None:
    """Every address may be written down; who sends judges them all."""
    return None


@dataclass(frozen=True)
class Desk:
    """The parts a flow works with."""

    vault: Vault
    clock: Callable[[], Instant]  # microseconds since 1970 UTC
    token: Callable[[int], bytes]  # so many random bytes, fit for secrets
    payments: Payments = NOBODY  # who takes money
    seals: Seals = UNSEALED  # what keeps secrets
    allows_http: bool = False  # webhooks may be sent without TLS
    refused_address: Callable[[str], str | None] = _no_reason  # why none may be sent there
    sends_mail: bool = False  # a mail server is configured
    printer: Printer = UNPRINTED  # what sets statements as PDF


def existing(row: AccountRow | None, account: AccountId) -> AccountRow:
    """The account's row.

    Raises:
        Refusal: `404 not_found`.
    """
    if row is None:
        raise not_found("the account")
    assert row.id == account, "an account is found by its own id"
    return row


async def account_of(desk: Desk, account: AccountId) -> AccountRow:
    """One account.

    Raises:
        Refusal: `404 not_found`.
    """
    row = await desk.vault.read(lambda connection: accounts.get(connection, account))
    return existing(row, account)
