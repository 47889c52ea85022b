"""Top-ups: bought by hand, and the work that brings every attempt to its end.

Three transactions that never overlap a call of the provider: an attempt is claimed (and, before an
ask, marked as asked), the provider is called, and its answer goes through the account's order.
"""

import asyncio
from functools import partial
from typing import NamedTuple

import structlog

from prepaid.domain.commands import AnswerTopup, CancelTopup, ConfigureTopup, OpenTopup, Sweep
from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.instants import MINUTE, Instant, Span
from prepaid.domain.refusals import Refusal, not_found
from prepaid.domain.topups import tallies as topup_tallies
from prepaid.domain.topups import topup as rules
from prepaid.domain.topups.answers import Answer, Unreachable
from prepaid.domain.topups.caps import AutoTopup, AutoTopupPatch
from prepaid.domain.topups.state import Event, Terms
from prepaid.domain.topups.tallies import Used
from prepaid.domain.topups.topup import Attempt, Step
from prepaid.flows.desk import Desk, account_of
from prepaid.flows.topups.payments import PaymentProvider, ProviderUnreachable
from prepaid.store import accounts, guard
from prepaid.store.batching.writer import Overloaded
from prepaid.store.topups import payers
from prepaid.store.topups import topup as topups
from prepaid.store.vault import Connection

LEASE: Span = MINUTE  # longer than a provider may take
AT_ONCE_MAX = 16  # calls of the provider in flight
DUE_MAX = 64
PAGE = 500
CLAIM_BYTES = 12

log = structlog.get_logger("prepaid.topups")


class Bought(NamedTuple):
    """A top-up by hand, and whether it was asked for before."""

    attempt: Attempt
    replayed: bool


class Told(NamedTuple):
    """An attempt with its history."""

    attempt: Attempt
    history: list[Event]


class _Work(NamedTuple):
    """A step that was claimed."""

    attempt: Attempt
    step: Step
    begun: Instant
    is_sandbox: bool


async def buy(desk: Desk, account: AccountId, cents: int, key: str | None) -> Bought:
    """Open a top-up by hand; its money is asked for right after.

    Raises:
        Refusal: `400 invalid_request`, `403 account_closed`, `409 topup_in_progress`.
    """
    outcome = await desk.vault.submit(OpenTopup(account=account, key=key, cents=cents))
    assert outcome.topup is not None, "what was opened is answered"
    return Bought(outcome.topup, outcome.replayed)


async def page(desk: Desk, account: AccountId, before: int, limit: int) -> list[Attempt]:
    """Top-ups, newest first."""
    return await desk.vault.read(lambda c: topups.page(c, account, before, limit))


async def one(desk: Desk, account: AccountId, number: int) -> Told:
    """One top-up with its history.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Told:
        found = topups.get(connection, account, number)
        if found is None:
            raise not_found("the top-up")
        return Told(found.attempt, topups.history(connection, account, number))

    return await desk.vault.read(work)


async def terms(desk: Desk, account: AccountId) -> Terms:
    """What the account wants of auto top-up, its card, and what credit costs it.

    Raises:
        Refusal: `404 not_found`.
    """
    await account_of(desk, account)
    found = await desk.vault.read(lambda c: payers.terms(c, [account]))
    return found[account]


async def used(desk: Desk, account: AccountId) -> Used:
    """How much of its caps the account has used, as the rule sees it now.

    Raises:
        Refusal: `404 not_found`.
    """
    row, auto = await account_of(desk, account), (await terms(desk, account)).auto
    standing = await desk.vault.read(lambda c: payers.standing(c, account))
    return topup_tallies.used(auto, standing.tally, row.time(desk.clock()))


async def wishes(desk: Desk, account: AccountId) -> AutoTopup:
    """What the account wants of auto top-up.

    Raises:
        Refusal: `404 not_found`.
    """
    return (await terms(desk, account)).auto


async def configure(desk: Desk, account: AccountId, patch: AutoTopupPatch) -> AutoTopup:
    """Change what the account wants; all of it afterwards.

    Raises:
        Refusal: `400 invalid_request`, naming the field; nothing of the patch is applied.
    """
    await desk.vault.submit(ConfigureTopup(account=account, patch=patch))
    return await wishes(desk, account)


async def work(desk: Desk) -> int:
    """Take every step that is due; how many were taken. So also after a crash, at the start."""
    vault = desk.vault
    due = await vault.read(lambda c: topups.due(c, vault.clock(c), DUE_MAX))
    room = asyncio.Semaphore(AT_ONCE_MAX)

    async def take(place: Owned) -> bool:
        async with room:
            try:
                return await _take(desk, place)
            except Exception:
                # Its claim runs out, and somebody takes it up again.
                log.warning("top-up step failed", number=place.number, exc_info=True)
                return False

    return sum(await asyncio.gather(*map(take, due)))


async def check_levels(desk: Desk) -> int:
    """Let accounts that wait below their threshold look again: a cap's day or month has ended."""
    after = 0
    while True:
        found = await desk.vault.read(partial(_waiting, after=after))
        for account in found:
            try:
                await desk.vault.submit(Sweep(account=account))
            except Overloaded:
                return 0
        if len(found) < PAGE:
            return 0
        after = found[-1]


def _waiting(connection: Connection, after: AccountId) -> list[AccountId]:
    return topups.waiting(connection, after, PAGE)


async def _take(desk: Desk, place: Owned) -> bool:
    claim = desk.token(CLAIM_BYTES).hex()
    found = await desk.vault.write(lambda connection: _claimed(connection, desk, place, claim))
    if found is None:
        return False
    attempt = found.attempt
    if found.step == "rest":  # of a closed account, and not asked for yet
        await desk.vault.submit(CancelTopup(account=place.account, number=place.number))
        return True
    answer = await _called(desk, found)
    command = AnswerTopup(
        account=attempt.account,
        number=attempt.number,
        step=found.step,
        answer=answer,
        at=found.begun,
        claim=claim,
    )
    await desk.vault.submit(command)
    return True


def _claimed(connection: Connection, desk: Desk, place: Owned, claim: str) -> _Work | None:
    """Take the next step of an attempt in hand, unless somebody has or it is not due any more."""
    row = accounts.lock(connection, place.account)
    now = desk.vault.clock(connection)
    taken = topups.get(connection, *place)
    if row is None or taken is None:
        return None
    attempt = taken.attempt
    if taken.claimed_until is not None and taken.claimed_until > now:
        return None
    step = rules.step(attempt, now, is_closed=row.closed)
    if step == "rest":
        return None
    if row.closed and attempt.is_running and attempt.asks == 0:
        return _Work(attempt, "rest", now, row.sandbox)
    if step == "ask":
        attempt = rules.asked(attempt, now)
    topups.claim(connection, attempt, claim, now + LEASE)
    if step == "ask":
        asked = Event(attempt.number, attempt.by_account(now), "asked", f"ask {attempt.asks}")
        topups.note(connection, place.account, [asked])
    return _Work(attempt, step, now, row.sandbox)


async def _called(desk: Desk, found: _Work) -> Answer | None:
    guard.assert_no_transaction()
    try:
        provider = desk.payments.of(is_sandbox=found.is_sandbox)
        return await _call(provider, found)
    except ProviderUnreachable as error:
        return Unreachable(error.reason, error.lost)
    except Refusal as refusal:  # the service was told to take no payments meanwhile
        return Unreachable(refusal.code, lost=False)


async def _call(provider: PaymentProvider, found: _Work) -> Answer | None:
    attempt = found.attempt
    if found.step == "ask":
        return await provider.charge(attempt)
    if found.step == "look_up":
        return await provider.look_up(attempt)
    assert attempt.payment is not None, "what is canceled is known"
    return await provider.cancel(attempt.payment)
