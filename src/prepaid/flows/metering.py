"""Metering: charges of billable requests, and what becomes of them. Everything by the writer."""

import asyncio
import hashlib
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from prepaid.domain import ids
from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command, Sweep
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal, not_found
from prepaid.flows.desk import Desk, account_of
from prepaid.store import accounts, keys, ledger
from prepaid.store.accounts import AccountRow
from prepaid.store.batching.waiting import Answer
from prepaid.store.batching.writer import Overloaded
from prepaid.store.ledger import Tagged

KEYS_KNOWN_MAX = 100_000
SWEPT_MAX = 500


class KeyPlace(NamedTuple):
    """Which account a key opens, and its number there. Never changes while the key exists."""

    account: AccountId
    number: int


class KeyRing:
    """Which account a key belongs to. Whether it still holds is asked under the account's lock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, KeyPlace] = {}

    def known(self, api_key: str) -> KeyPlace | None:
        """The account and number of a key that this process has met before."""
        return self._known.get(api_key)

    async def place(self, api_key: str) -> KeyPlace:
        """The account and number of a key.

        Raises:
            Refusal: `401 unauthorized` when there is no such key.
        """
        known = self.known(api_key)
        if known is not None:
            return known
        digest = digest_of(api_key)
        row = await self._desk.vault.read(lambda connection: keys.find(connection, digest))
        if row is None:
            raise unknown_key()
        if len(self._known) >= KEYS_KNOWN_MAX:
            self._known.clear()
        place = self._known[api_key] = KeyPlace(row.account_id, row.number)
        return place


def digest_of(api_key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).digest()


def unknown_key() -> Refusal:
    """`401 unauthorized`: the same words for a wrong key and a revoked one."""
    return Refusal("unauthorized", "the API key is unknown or revoked")


def begin(desk: Desk, command: Command, answer: Answer) -> None:
    """Have one command of metering committed; `answer` is told the outcome when it is durable.

    Raises:
        Overloaded: too many wait.
    """
    desk.vault.enqueue(command, answer)


async def charge(desk: Desk, command: Command) -> Outcome:
    """Have one command of metering committed.

    Raises:
        Refusal: the command is not allowed; nothing has changed.
        Overloaded: too many wait.
        Unavailable: the database is away.
    """
    return await desk.vault.submit(command)


async def charge_many(
    desk: Desk, commands: Sequence[Command | Refusal]
) -> list[Outcome | Exception]:
    """Have several charges committed; each has its own result, in order.

    A result is an outcome, a refusal, `Overloaded` or `Unavailable` for what was not taken, or
    a fault of ours.
    """
    results = _Results(len(commands))
    for place, command in enumerate(commands):
        answer = partial(results.keep, place)
        try:
            if isinstance(command, Refusal):
                answer(command)
            else:
                begin(desk, command, answer)
        except Overloaded as error:
            answer(error)
    await results.complete.wait()
    return results.by_place


class _Results:
    """What becomes of several commands; the last one to be answered completes them."""

    def __init__(self, number: int) -> None:
        self.by_place: list[Outcome | Exception] = [AssertionError("not answered yet")] * number
        self.complete = asyncio.Event()
        self._waiting = number

    def keep(self, place: int, result: Outcome | Exception) -> None:
        self.by_place[place] = result
        self._waiting -= 1
        if self._waiting == 0:
            self.complete.set()


async def get_charge(desk: Desk, place: ids.Owned) -> Tagged:
    """One charge as it is now, its due expiry included.

    Raises:
        Refusal: `404 not_found`.
    """
    await fresh(desk, place.account)
    found = await desk.vault.read(lambda connection: ledger.tagged(connection, *place))
    if found is None:
        raise not_found("the charge")
    return found


async def fresh(desk: Desk, account: AccountId) -> AccountRow:
    """The account after its due holds have expired, so that what is read is exact.

    Raises:
        Refusal: `404 not_found`.
    """
    row = await account_of(desk, account)
    if row.holds_due is None or row.holds_due > desk.clock() + row.clock_offset:
        return row
    try:
        await desk.vault.submit(Sweep(account=account))
    except Overloaded:  # reading goes on while writing is crowded
        return row
    return await account_of(desk, account)


async def sweep(desk: Desk) -> int:
    """Expire the due holds of idle accounts; the number of accounts swept."""
    vault = desk.vault
    due = await vault.read(lambda c: accounts.due(c, vault.clock(c), SWEPT_MAX))
    await asyncio.gather(*(vault.submit(Sweep(account=account)) for account in due))
    return len(due)
