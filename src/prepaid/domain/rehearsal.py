"""What a configuration would have sent: an account's own history, lived again under other rules.

Works in memory on the changes of a bounded time, with the same arming and ringing rules; tiers
are armed at the start, as a changed configuration arms them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from msgspec import Struct

from prepaid.domain import evaluation, windows
from prepaid.domain.accounts import Account, Directory
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book
from prepaid.domain.evaluation import Evaluation
from prepaid.domain.ids import ACCOUNT_WIDE, Seq, WorkspaceNumber
from prepaid.domain.instants import Instant
from prepaid.domain.notifications import Notification
from prepaid.domain.windows import Slice


class Change(Struct, frozen=True):
    """One ledger entry, with the charge it belongs to."""

    seq: Seq
    at: Instant
    amount: Micros  # signed: negative left the account
    charge: Seq | None
    workspace: WorkspaceNumber  # of the charge; 0 for none
    reserved_at: Instant  # of the charge


class _Rows:
    """Spend rows of one scope, in memory, in the order of time."""

    def __init__(self, rows: Mapping[Instant, Micros]) -> None:
        self.amounts = dict(rows)
        self.times = sorted(rows)

    def add(self, at: Instant, amount: Micros) -> None:
        if at not in self.amounts:
            self.times.insert(bisect_right(self.times, at), at)
        self.amounts[at] = self.amounts.get(at, 0) + amount

    def total(self, span: Slice) -> Micros:
        first = bisect_right(self.times, span.after)
        last = bisect_right(self.times, span.until)
        return sum(self.amounts[at] for at in self.times[first:last])


class Rehearsal:
    """An account at the start of the time, with the rows of spend that its windows still hold."""

    def __init__(
        self,
        account: Account,
        directory: Directory,
        rows: Mapping[int, Mapping[Instant, Micros]],
    ) -> None:
        self._book = Book(account, directory)
        self._rows = {scope: _Rows(found) for scope, found in rows.items()}
        for scope, found in self._rows.items():
            if scope and (scope not in directory.by_number or directory.by_number[scope].archived):
                continue
            period = directory.watch(scope).period
            window = windows.opened(account.id, scope, period, account.at)
            window.head = found.times[-1] if found.times else 0
            window.sum = found.total(Slice(account.id, scope, window.tail, account.at))
            self._book.windows[scope] = window

    def live(self, changes: Iterable[Change]) -> list[Notification]:
        """Every notification the changes would have caused, in order."""
        for change in changes:
            self._live(change)
        return self._book.notifications

    def _live(self, change: Change) -> None:
        book = self._book
        book.tick(max(change.at, book.account.at))
        scopes = () if change.charge is None else self._advanced(change.workspace)
        step = Evaluation(book, () if _is_old_import(change) else scopes)
        book.account.seq = change.seq
        book.account.balance += change.amount
        if change.charge is None:
            if change.amount > 0:
                step.credited()
            return
        for scope in scopes:
            windows.add(book.windows[scope], change.reserved_at, -change.amount)
            self._rows[scope].add(change.reserved_at, -change.amount)
        if change.amount < 0:
            step.billed(change.seq, change.charge)

    def _advanced(self, workspace: WorkspaceNumber) -> tuple[int, ...]:
        book = self._book
        known = book.directory.by_number
        is_told = workspace == ACCOUNT_WIDE or workspace in known
        scopes = book.directory.scopes(workspace) if is_told else (windows.GLOBAL,)
        for scope in scopes:
            period = book.directory.watch(scope).period
            if scope not in book.windows:
                self._rows.setdefault(scope, _Rows({}))
                opened = windows.opened(book.account.id, scope, period, book.now)
                book.windows[scope] = opened
            window = book.windows[scope]
            span = windows.passed(window, window.tail, book.now - period)
            # The rows are up to date, so nothing is pending in the book.
            evaluation.advance(book, scope, span, self._rows[scope].total(span) if span else 0)
        return scopes


def _is_old_import(change: Change) -> bool:
    """Usage of so long ago that its own command looked at no window."""
    is_reserve = change.charge == change.seq
    return is_reserve and change.reserved_at < change.at - windows.PERIOD_MAX
