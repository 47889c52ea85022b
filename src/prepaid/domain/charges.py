"""One billable request: `held → settled | released | expired`, and what each step changes."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.amounts import AMOUNT_MAX, BALANCE_MAX, Micros, cents, credit_text
from prepaid.domain.commands import Refund, Reserve, Settle
from prepaid.domain.ids import AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, Span
from prepaid.domain.refusals import Refusal, invalid

Status = Literal["held", "settled", "released", "expired"]
SETTLE_AFTER_EXPIRY: Span = 35 * DAY
IMPORT_AGE_MAX: Span = 400 * DAY


class Charge(Struct, frozen=True):
    """Credits taken for one billable request.

    The first block is what the reserve was answered; it never changes, so a repeated request is
    answered from it. The second is how it ended; the third is what the account pays today.
    """

    account: AccountId
    seq: Seq  # of its reserve; with the account it is the charge's id
    workspace: WorkspaceNumber  # 0 = account-wide
    version: int  # of the workspace's legal name at that time
    sku: str
    quantity: int
    unit_price: Micros | None  # frozen at reserve; None when the caller named the credits
    held: Micros
    balance: Micros  # of the account after the reserve
    reserved_at: Instant  # the charge belongs to this time for ever
    expires_at: Instant | None  # None: settled at once
    metadata: str | None
    imported: bool

    status: Status
    ended_seq: Seq | None = None
    ended_at: Instant | None = None
    ended_balance: Micros | None = None  # of the account after it ended
    ended_amount: Micros | None = None  # the amount it ended with, before refunds
    ended_quantity: int | None = None

    amount: Micros = 0  # what the account pays for it today, after refunds


def price(command: Reserve, unit_price: Micros | None) -> Micros:
    """What the request costs: the credits named, else unit price times quantity.

    Raises:
        Refusal: 400 when the SKU has no price, or the product is above 10^15 micro-credits.
    """
    if command.credits is not None:
        return command.credits
    if unit_price is None:
        raise invalid("sku", f"{command.sku!r} has no price; set one, or send credits")
    amount = unit_price * command.quantity
    if amount > AMOUNT_MAX:
        raise invalid("quantity", "times the price must be at most 10^9 credits")
    return amount


def check_affordable(amount: Micros, balance: Micros, floor: Micros | None) -> None:
    """A request passes while the balance is above zero; the last one may take it below.

    A floor replaces that rule: the balance after must not be below it. Free always passes.

    Raises:
        Refusal: `402 insufficient_funds`.
    """
    if amount == 0:
        return
    if floor is None:
        if balance > 0:
            return
        message = f"the balance is {cents(balance)} cents; it must be above 0"
    else:
        if balance - amount >= floor:
            return
        message = (
            f"needs {cents(amount)} cents, {cents(balance - floor)} available"
            f" above the minimum balance"
        )
    raise Refusal("insufficient_funds", message)


def check_depth(balance: Micros, more: Micros) -> None:
    """What is not refused for lack of funds has a bound all the same: what can be kept.

    Raises:
        Refusal: 400 naming `credits`.
    """
    if more > 0 and balance - more < -BALANCE_MAX:
        raise invalid("credits", "would take the balance beyond -10^12 credits")


def check_import_time(occurred_at: Instant, now: Instant) -> None:
    """Past usage may be told up to 400 days back, never ahead.

    Raises:
        Refusal: 400 naming `occurredAt`.
    """
    if occurred_at > now:
        raise invalid("occurredAt", "must not be in the future")
    if occurred_at < now - IMPORT_AGE_MAX:
        raise invalid("occurredAt", "must be at most 400 days back")


def final_amount(charge: Charge, command: Settle) -> tuple[Micros, int]:
    """The amount and quantity a settle asks for.

    Raises:
        Refusal: 400 when a quantity is named for a charge that has no unit price.
    """
    if command.credits is not None:
        return command.credits, charge.quantity
    if command.quantity is None:
        return charge.held, charge.quantity
    if charge.unit_price is None:
        raise invalid("quantity", "cannot be used: the charge was reserved with credits")
    amount = charge.unit_price * command.quantity
    if amount > AMOUNT_MAX:
        raise invalid("quantity", "times the price must be at most 10^9 credits")
    return amount, command.quantity


def check_settleable(charge: Charge, now: Instant) -> None:
    """Held charges settle; expired ones too, for 35 days after the expiry.

    Raises:
        Refusal: `409 charge_closed`.
    """
    if charge.status == "held":
        return
    if charge.status != "expired":
        raise closed(charge, "settled")
    if charge.expires_at is None or now > charge.expires_at + SETTLE_AFTER_EXPIRY:
        message = "the charge expired more than 35 days ago and cannot be settled any more"
        raise Refusal("charge_closed", message)


def refundable(charge: Charge, command: Refund) -> Micros:
    """The part of a settled charge that a refund gives back.

    Raises:
        Refusal: `409 charge_closed` when it is not settled, 400 when more is asked than is left.
    """
    if charge.status != "settled":
        message = f"the charge is {charge.status}; only a settled charge can be refunded"
        raise Refusal("charge_closed", message)
    if command.credits is None:
        return charge.amount
    if command.credits > charge.amount:
        needs = f"must be at most {credit_text(charge.amount)}, what is left of the charge"
        raise invalid("credits", needs)
    return command.credits


def closed(charge: Charge, wanted: Status) -> Refusal:
    """`409 charge_closed`, saying how it ended; it was to end as `wanted`."""
    differs = " with other arguments" if charge.status == wanted else ""
    return Refusal("charge_closed", f"the charge is already {charge.status}{differs}")


def ended(
    charge: Charge,
    status: Status,
    *,
    seq: Seq,
    at: Instant,
    balance: Micros,
    amount: Micros,
    quantity: int | None = None,
) -> Charge:
    """The charge after it was settled, released or expired."""
    return replace(
        charge,
        status=status,
        ended_seq=seq,
        ended_at=at,
        ended_balance=balance,
        ended_amount=amount,
        ended_quantity=charge.quantity if quantity is None else quantity,
        amount=amount,
    )
