"""What each command does to an account. Checks first, then changes.

A refusal changes nothing, except that the first one by a spend limit is told (`limiting`).
"""

from typing import NamedTuple

from msgspec.structs import replace

from prepaid.domain import charges, limiting
from prepaid.domain.accounts import Tag, unknown_workspace
from prepaid.domain.amounts import BALANCE_MAX, Micros
from prepaid.domain.book import Book, Outcome
from prepaid.domain.charges import Charge
from prepaid.domain.commands import (
    Credit,
    Refund,
    Release,
    Reserve,
    Settle,
    Sweep,
)
from prepaid.domain.entries import Kind
from prepaid.domain.evaluation import Evaluation
from prepaid.domain.ids import ACCOUNT_WIDE, WorkspaceNumber
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.windows import PERIOD_MAX


class Place(NamedTuple):
    """The workspace of a charge, under the legal name it has now."""

    number: WorkspaceNumber
    version: int
    tag: Tag | None


class Purchase(NamedTuple):
    """What a charge is for, in micro-credits."""

    unit_price: Micros | None
    amount: Micros


def expire(book: Book, held: Charge) -> None:
    """Release a hold whose time is over; the book's time is the expiry's own."""
    _undo(book, book.charges[held.seq], "expired")


def reserve(book: Book, command: Reserve) -> Outcome:
    """Take credit for a billable request."""
    account = book.account
    check_caller(book, command.api_key)
    place = workspace(book, command.workspace)
    unit_price = None if command.credits is not None else book.directory.prices[command.sku]
    amount = charges.price(command, unit_price)
    if command.occurred_at is None:
        charges.check_affordable(amount, account.balance, account.floor)
        limiting.check(book, place.tag, amount)
    else:
        charges.check_import_time(command.occurred_at, book.now)
        charges.check_depth(account.balance, amount)

    charge = take(book, command, place, Purchase(unit_price, amount))
    return Outcome(charge.seq, account.balance, charge, place.tag)


def check_caller(book: Book, api_key: int | None) -> None:
    """The key may charge, and the account may be charged.

    Raises:
        Refusal: `401 unauthorized`, `403 forbidden`, `403 account_closed`.
    """
    if api_key is not None:
        scope = book.directory.keys.get(api_key)
        if scope is None:
            raise Refusal("unauthorized", "the API key is unknown or revoked")
        if scope != "full":
            raise Refusal("forbidden", "this API key only reads; charge one with the scope full")
    if book.account.closed:
        raise Refusal("account_closed", "the account is closed; reopen it to charge it")


def take(book: Book, command: Reserve, place: Place, purchase: Purchase) -> Charge:
    """Take the credit for a request that may be charged: nothing can refuse it any more."""
    account, amount = book.account, purchase.amount
    is_old = command.occurred_at is not None and command.occurred_at < book.now - PERIOD_MAX
    evaluation = Evaluation(book, () if is_old else book.directory.scopes(place.number))
    seq = book.next_seq()
    book.post(seq, "hold", -amount, seq)
    charge = _new_charge(book, command, place, purchase)
    book.add_charge(charge)
    book.count(charge, 1, amount)
    if charge.expires_at is not None:
        account.holds_due = min(account.holds_due or charge.expires_at, charge.expires_at)
    if amount > 0:
        evaluation.billed(seq, seq)
    return charge


def _new_charge(book: Book, command: Reserve, place: Place, purchase: Purchase) -> Charge:
    seq, balance, amount = book.account.seq, book.account.balance, purchase.amount
    at = book.now if command.occurred_at is None else command.occurred_at
    settled = command.settle
    return Charge(
        account=book.account.id,
        seq=seq,
        workspace=place.number,
        version=place.version,
        sku=command.sku,
        quantity=command.quantity,
        unit_price=purchase.unit_price,
        held=amount,
        balance=balance,
        reserved_at=at,
        expires_at=None if settled else at + command.ttl,
        metadata=command.metadata,
        imported=command.occurred_at is not None,
        status="settled" if settled else "held",
        ended_seq=seq if settled else None,
        ended_at=book.now if settled else None,
        ended_balance=balance if settled else None,
        ended_amount=amount if settled else None,
        ended_quantity=command.quantity if settled else None,
        amount=amount,
    )


def workspace(book: Book, name: str | None) -> Place:
    """The workspace a request is tagged with; None: the account-wide bucket.

    Raises:
        Refusal: `400 workspace_not_found`.
    """
    if name is None:
        return Place(ACCOUNT_WIDE, 0, None)
    found = book.directory.by_name[name]
    if found is None:
        raise unknown_workspace(name)
    tag = book.directory.tags[found.number, found.version]
    return Place(found.number, found.version, tag)


def settle(book: Book, command: Settle) -> Outcome:
    """Fix the final amount; never refused for lack of funds, the work is done."""
    charge = book.charge(command.charge)
    amount, quantity = charges.final_amount(charge, command)
    if charge.status == "settled":
        if (amount, quantity) != (charge.ended_amount, charge.ended_quantity):
            raise charges.closed(charge, "settled")
        return _ended(book, charge)
    charges.check_settleable(charge, book.now)
    change = amount - charge.amount
    charges.check_depth(book.account.balance, change)

    evaluation = Evaluation(book, book.directory.scopes(charge.workspace))
    revived = 1 if charge.status == "expired" else 0
    seq = book.next_seq()
    book.post(seq, "adjustment", -change, charge.seq)
    book.count(charge, revived, change)
    charge = charges.ended(
        charge,
        "settled",
        seq=seq,
        at=book.now,
        balance=book.account.balance,
        amount=amount,
        quantity=quantity,
    )
    book.change_charge(charge)
    if change > 0:
        evaluation.billed(seq, charge.seq)
    return _ended(book, charge)


def release(book: Book, command: Release) -> Outcome:
    """Give all of a hold back. One that expired meanwhile has been given back already."""
    charge = book.charge(command.charge)
    if charge.status == "settled":
        raise charges.closed(charge, "released")
    if charge.status == "held":
        charge = _undo(book, charge, "released")
    return _ended(book, charge)


def _undo(book: Book, charge: Charge, status: charges.Status) -> Charge:
    Evaluation(book, book.directory.scopes(charge.workspace))
    seq = book.next_seq()
    book.post(seq, "release", charge.amount, charge.seq)
    book.count(charge, -1, -charge.amount)
    charge = charges.ended(
        charge, status, seq=seq, at=book.now, balance=book.account.balance, amount=0
    )
    book.change_charge(charge)
    return charge


def _ended(book: Book, charge: Charge) -> Outcome:
    assert charge.ended_seq is not None, "only ended charges are answered as such"
    assert charge.ended_balance is not None, "an ended charge has its balance"
    return Outcome(charge.ended_seq, charge.ended_balance, charge, book.tag(charge))


def refund(book: Book, command: Refund) -> Outcome:
    """Give back all or part of a settled charge, at the charge's own time."""
    charge = book.charge(command.charge)
    amount = charges.refundable(charge, command)

    Evaluation(book, book.directory.scopes(charge.workspace))
    seq = book.next_seq()
    entry = book.post(seq, "refund", amount, charge.seq)
    book.count(charge, 0, -amount)
    charge = replace(charge, amount=charge.amount - amount)
    book.change_charge(charge)
    return Outcome(seq, book.account.balance, charge, book.tag(charge), entry)


def credit(book: Book, command: Credit) -> Outcome:
    """Put credit in, or take it out by hand."""
    if command.amount == 0:
        raise invalid("cents", "must not be 0")
    if abs(book.account.balance + command.amount) > BALANCE_MAX:
        raise invalid("cents", "would take the balance beyond 10^12 credits")

    evaluation = Evaluation(book, ())
    kind: Kind = "grant" if command.amount > 0 else "correction"
    seq = book.next_seq()
    entry = book.post(seq, kind, command.amount, note=command.reason)
    if command.amount > 0:
        evaluation.credited()
    return Outcome(seq, book.account.balance, entry=entry)


def sweep(book: Book, command: Sweep) -> Outcome:
    """Nothing: due holds have expired before any command is applied."""
    assert command.account == book.account.id, "a command is applied to its own account"
    return Outcome(book.account.seq, book.account.balance)
