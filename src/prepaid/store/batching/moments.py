"""The moments an account goes through in a batch: each expiry of a hold at its own time, then now.

Foreseen before anything moves, so that every sum that is needed can be asked for at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from prepaid.domain import evaluation, limiting, metering, windows
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book
from prepaid.domain.charges import Charge
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.windows import Slice

Slices = dict[int, Slice | None]  # by scope: the rows that a frontier passes
NONE: Slices = {}


class Moment(NamedTuple):
    """A point in the time of one account: the expiry of a hold, or now, when commands come."""

    account: AccountId
    at: Instant
    passed: Slices  # by the windows
    passed_by_limits: Slices
    expiring: Charge | None

    @property
    def slices(self) -> Iterator[Slice]:
        """What must be summed, in the order in which `pass_through` takes the sums."""
        for part in (*self.passed.values(), *self.passed_by_limits.values()):
            if part is not None:
                yield part


def foreseen(book: Book, due: Sequence[Charge], now: Instant | None) -> Iterator[Moment]:
    """What each moment needs: the frontiers go where the clock sends them.

    `now` is None when so many holds are due that this batch only expires them.
    """
    account, directory = book.account.id, book.directory
    frontiers, limits = _Frontiers(book), _Limits(book)
    for charge in due:
        at = charge.expires_at
        assert at is not None, "only what expires can be due"
        scopes = directory.scopes(charge.workspace)
        yield Moment(account, at, frontiers.to(scopes, at), limits.to(scopes, at), charge)
    if now is not None:
        scopes = tuple(book.windows)
        yield Moment(account, now, frontiers.to(scopes, now), limits.to(scopes, now), None)


class _Frontiers:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._tails = {scope: window.tail for scope, window in book.windows.items()}

    def to(self, scopes: Iterable[int], at: Instant) -> Slices:
        book, tails, slices = self._book, self._tails, {}
        for scope in scopes:
            old, tails[scope] = tails[scope], at - book.directory.watch(scope).period
            slices[scope] = windows.passed(book.windows[scope], old, tails[scope])
        return slices


class _Limits:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._limits = limiting.open_limits(book)
        self._tails = {scope: limiting.state_of(book.windows[scope]).tail for scope in self._limits}

    def to(self, scopes: Iterable[int], at: Instant) -> Slices:
        if not self._limits:
            return NONE
        slices = {}
        for scope in scopes:
            limit = self._limits.get(scope)
            if limit is not None:
                old, self._tails[scope] = self._tails[scope], limit.frontier(at)
                slices[scope] = windows.passed(self._book.windows[scope], old, self._tails[scope])
        return slices


def pass_through(book: Book, moment: Moment, sums: Iterator[Micros]) -> None:
    """Move the book to a moment: its time, its windows, its limits, and the hold that expires."""
    book.tick(max(moment.at, book.account.at))
    for scope, part in moment.passed.items():
        evaluation.advance(book, scope, part, 0 if part is None else next(sums))
    for scope, part in moment.passed_by_limits.items():
        limiting.advance(book, scope, part, 0 if part is None else next(sums))
    if moment.expiring is not None:
        metering.expire(book, moment.expiring)
