"""Charges: what the operator asks with, and the answers, rendered from the charge's columns."""

from typing import NamedTuple

import msgspec

from prepaid.domain import ids
from prepaid.domain.accounts import Tag
from prepaid.domain.amounts import cents, from_credits
from prepaid.domain.book import Outcome
from prepaid.domain.charges import Charge
from prepaid.domain.commands import Refund, Release, Reserve, Settle
from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.instants import SECOND, iso_micros
from prepaid.domain.refusals import invalid
from prepaid.flows.metering import KeyRing
from prepaid.web import parsing
from prepaid.web.charge_shapes import (
    BatchItem,
    ChargeBody,
    ChargeRecord,
    ChargeShape,
    RefundBody,
    SettleBody,
    TaggedWorkspace,
)


class Caller(NamedTuple):
    """Who is charged, and the number of the key that says so; None for the operator's word."""

    account: AccountId
    number: int | None


async def reserve_of(body: ChargeBody | BatchItem, key: str | None, ring: KeyRing) -> Reserve:
    """The command a body asks for.

    Raises:
        Refusal: 400 naming the field, or 401 for an unknown key.
    """
    caller = known_caller(body, ring)
    if caller is None:
        assert body.api_key is not None, "who is named otherwise is known"
        caller = Caller(*await ring.place(body.api_key))
    return reserve(body, key, caller)


def known_caller(body: ChargeBody | BatchItem, ring: KeyRing) -> Caller | None:
    """Who is charged; None when the key must be looked up first.

    Raises:
        Refusal: 400 naming the field.
    """
    if (body.api_key is None) == (body.account_id is None):
        raise invalid("accountId", "or apiKey must be given, and not both")
    if body.account_id is not None:
        return Caller(parsing.account_id(body.account_id, "accountId"), None)
    assert body.api_key is not None, "one of the two is given"
    known = ring.known(body.api_key)
    return None if known is None else Caller(*known)


def reserve(body: ChargeBody | BatchItem, key: str | None, caller: Caller) -> Reserve:
    """The command a body asks for, of a caller who is known.

    Raises:
        Refusal: 400 naming the field.
    """
    occurred_at = getattr(body, "occurred_at", None)
    if occurred_at is not None and body.settle is False:
        raise invalid("settle", "must be true or omitted for usage that has occurred")
    return Reserve(
        account=caller.account,
        key=key,
        workspace=body.workspace,
        sku=body.sku,
        quantity=body.quantity,
        credits=None if body.credits is None else from_credits(body.credits, "credits"),
        settle=occurred_at is not None or body.settle is True,
        ttl=body.ttl_seconds * SECOND,
        metadata=parsing.metadata(body.metadata) if body.metadata else None,
        occurred_at=None if occurred_at is None else parsing.instant(occurred_at, "occurredAt"),
        api_key=caller.number,
    )


def settle_of(place: Owned, body: SettleBody, key: str | None) -> Settle:
    """The command of a settle.

    Raises:
        Refusal: 400 when both an amount and a quantity are named.
    """
    if body.credits is not None and body.quantity is not None:
        raise invalid("credits", "and quantity cannot both be given")
    amount = None if body.credits is None else from_credits(body.credits, "credits")
    return Settle(
        account=place.account,
        charge=place.number,
        key=key,
        credits=amount,
        quantity=body.quantity,
    )


def release_of(place: Owned, key: str | None) -> Release:
    """The command of a release."""
    return Release(account=place.account, charge=place.number, key=key)


def refund_of(place: Owned, body: RefundBody, key: str | None) -> Refund:
    """The command of a refund."""
    amount = None if body.credits is None else from_credits(body.credits, "credits")
    return Refund(account=place.account, charge=place.number, key=key, credits=amount)


def reserved(outcome: Outcome) -> ChargeShape:
    """The answer to a reserve, from what never changes of a charge: so it can be repeated."""
    c = outcome.charge
    assert c is not None, "a reserve has a charge"
    return ChargeShape(
        id=ids.charge(c.account, c.seq),
        account_id=ids.account(c.account),
        status="settled" if c.expires_at is None else "held",
        sku=c.sku,
        quantity=c.quantity,
        cents=cents(c.held),
        workspace=workspace(c, outcome.tag),
        balance_cents=cents(c.balance),
        seq=c.seq,
        reserved_at=iso_micros(c.reserved_at),
        expires_at=None if c.expires_at is None else iso_micros(c.expires_at),
    )


def ended(outcome: Outcome) -> ChargeRecord:
    """The answer to a settle or release: how the charge ended, refunds left aside."""
    c = outcome.charge
    assert c is not None, "an ending has a charge"
    return _record(c, outcome.tag, c.ended_amount or 0, 0, outcome)


def refunded(outcome: Outcome) -> ChargeRecord:
    """The answer to a refund: what the account pays after it."""
    c = outcome.charge
    assert c is not None, "a refund has a charge"
    return _record(c, outcome.tag, c.amount, (c.ended_amount or 0) - c.amount, outcome)


def record(charge: Charge, tag: Tag | None) -> ChargeRecord:
    """A charge as it is now, with the balance and number of its last step."""
    seq, balance = charge.ended_seq or charge.seq, charge.ended_balance
    outcome = Outcome(seq, charge.balance if balance is None else balance)
    back = (charge.ended_amount or 0) - charge.amount if charge.ended_seq else 0
    return _record(charge, tag, charge.amount, back, outcome)


def _record(
    c: Charge, tag: Tag | None, amount: int, refunded_amount: int, outcome: Outcome
) -> ChargeRecord:
    return ChargeRecord(
        id=ids.charge(c.account, c.seq),
        account_id=ids.account(c.account),
        status=c.status,
        sku=c.sku,
        quantity=c.quantity if c.ended_quantity is None else c.ended_quantity,
        cents=cents(amount),
        workspace=workspace(c, tag),
        balance_cents=cents(outcome.balance),
        seq=outcome.seq,
        reserved_at=iso_micros(c.reserved_at),
        expires_at=None if c.expires_at is None else iso_micros(c.expires_at),
        held_cents=cents(c.held),
        refunded_cents=cents(refunded_amount),
        ended_at=None if c.ended_at is None else iso_micros(c.ended_at),
        metadata=msgspec.json.decode(c.metadata or "{}"),
    )


def workspace(c: Charge, tag: Tag | None) -> TaggedWorkspace | None:
    """The workspace object of an answer; None for the account-wide bucket."""
    if tag is None:
        return None
    identity = ids.owned("ws", c.account, tag.number)
    return TaggedWorkspace(
        id=identity,
        name=tag.name,
        legal_name=tag.legal_name,
        is_default=tag.number == ids.DEFAULT,
    )
