"""Top-ups in a batch: opened for the few accounts that have them, saved when they have changed."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from msgspec import structs
from sqlalchemy import Connection, Table, insert, select, update

from prepaid.domain.book import Book
from prepaid.domain.commands import TOPUPS, AnswerTopup, CancelTopup, Command, MoneyBack
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.topups.state import Correction, Reversal, TopupState, pack, unpack
from prepaid.store import accounts
from prepaid.store import tables as t
from prepaid.store.batching.hot import HotTransaction
from prepaid.store.deliveries import notices
from prepaid.store.topups import payers
from prepaid.store.topups import topup as topups

KEY_BYTES = 16
Line = TypeVar("Line", Correction, Reversal)


async def open_states(
    transaction: HotTransaction,
    books: Mapping[AccountId, Book],
    asked: Mapping[AccountId, Sequence[Command]],
    real_now: Instant,
) -> None:
    """Give a state of top-ups to each book that needs one. Costs nothing when none does."""
    named = {
        account: commands
        for account, book in books.items()
        if (commands := [c for c in asked[account] if type(c) in TOPUPS]) or book.account.topup_on
    }
    unread = [account for account in named if books[account].directory.terms is None]
    if unread:
        found = await transaction.run(lambda connection: payers.terms(connection, unread))
        for account, read in found.items():
            books[account].directory.terms = read
    for account, commands in named.items():
        book = books[account]
        terms = book.directory.terms
        assert terms is not None, "read above"
        standing = unpack(book.account.topup)
        state = TopupState(terms, standing, real_now, lambda: secrets.token_hex(KEY_BYTES))
        book.topup = state
        if commands:
            numbers = _numbers(commands)
            if standing.running is not None:
                numbers.add(standing.running)
            await transaction.run(partial(_read, account, state, numbers))


def _numbers(commands: Iterable[Command]) -> set[int]:
    return {c.number for c in commands if isinstance(c, AnswerTopup | CancelTopup | MoneyBack)}


def _read(account: AccountId, state: TopupState, numbers: set[int], connection: Connection) -> None:
    for number in sorted(numbers):
        taken = topups.get(connection, account, number)
        if taken is not None:
            state.attempts[number] = taken.attempt
            state.claims[number] = taken.claim
    for correction in _rows(connection, account, numbers, t.topup_correction, Correction):
        state.taken[correction.reference] = correction
    for reversal in _rows(connection, account, numbers, t.topup_reversal, Reversal):
        state.undone[reversal.reference] = reversal


def _rows(
    connection: Connection, account: AccountId, numbers: set[int], table: Table, kind: type[Line]
) -> list[Line]:
    c = table.c
    columns = [c[name] for name in kind.__struct_fields__]
    query = select(*columns).where(c.account_id == account, c.number.in_(numbers))
    return [kind(*row) for row in connection.execute(query)]


def save(connection: Connection, books: Iterable[Book]) -> None:
    """Write what has changed, in the transaction of the batch."""
    for book in books:
        state = book.topup
        if state is None or not state.is_changed:
            continue
        account = book.account.id
        _save_account(connection, book, state)
        # What ends makes room for what begins: the database allows one that runs.
        for number in sorted(state.changed):
            topups.store(connection, state.attempts[number])
        for number in sorted(state.opened):
            topups.add(connection, state.attempts[number])
        for number in sorted(state.released):
            topups.release(connection, account, number)
        topups.note(connection, account, state.events)
        _save_entries(connection, account, state)
        notices.add(connection, account, state.notices, state.real_now)


def _save_account(connection: Connection, book: Book, state: TopupState) -> None:
    account = book.account.id
    if state.has_moved:
        values = {"topup": pack(state.standing)}
        connection.execute(update(t.account).where(t.account.c.id == account).values(values))
    if not state.is_configured:
        return
    if state.auto != state.terms.auto:
        payers.store_auto(connection, account, state.auto, book.now)
    if state.method != state.terms.method:
        payers.store_method(connection, account, state.method, book.now)
    # Every process looks again.
    accounts.change(connection, account, {"topup_on": state.auto.enabled}, state.real_now)


def _save_entries(connection: Connection, account: AccountId, state: TopupState) -> None:
    for number, seq in state.credits:
        connection.execute(
            insert(t.topup_credit).values(account_id=account, number=number, seq=seq)
        )
    _add(connection, account, t.topup_correction, state.corrections)
    _add(connection, account, t.topup_reversal, state.reversals)


def _add(
    connection: Connection, account: AccountId, table: Table, lines: Iterable[Correction | Reversal]
) -> None:
    for one in lines:
        connection.execute(insert(table).values(account_id=account, **structs.asdict(one)))
