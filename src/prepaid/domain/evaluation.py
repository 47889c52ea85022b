"""When tiers ring and when they are armed again, command by command.

The order is: what time and cool-down have reversed, the command itself, then what it crossed
(low balance, highest tier first; the whole account's spend, then the workspace's, lowest first).
"""

from prepaid.domain import alarms, notifications, windows
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book
from prepaid.domain.ids import Seq
from prepaid.domain.notifications import Cause
from prepaid.domain.windows import Slice


def advance(book: Book, scope: int, passed: Slice | None, between: Micros) -> None:
    """Move a window to now, given the sum of the rows it passes, and arm what time reversed.

    `between` is the sum as the store knows it; what this batch has changed since is added.
    """
    window = book.windows[scope]
    before = window.sum
    between += pending(book, passed)
    windows.move(window, book.now, book.directory.watch(scope).period, between)
    if window.alarm.fired:
        alarms.arm_by_time(window.alarm, before, window.sum)


def pending(book: Book, passed: Slice | None) -> Micros:
    """What this batch has changed in a slice since the store summed it: not written yet."""
    if passed is None:
        return 0
    return sum(
        amount
        for (place, at), amount in book.spend.items()
        if place == passed.scope and passed.after < at <= passed.until
    )


class Evaluation:
    """The evaluation around one command: made before its amount is applied, finished after."""

    __slots__ = ("balance", "book", "scopes", "spends")

    def __init__(self, book: Book, scopes: tuple[int, ...]) -> None:
        """Arm what a cool-down has ended for, and remember the sums before the command."""
        self.book = book
        self.scopes = scopes
        self.balance = book.account.balance
        self.spends = [book.windows[scope].sum for scope in scopes]
        self._cool_down()

    def _cool_down(self) -> None:
        book = self.book
        if book.account.alarm.fired:
            alarms.arm_low_after_cool_down(book.account.alarm, self.balance, book.now)
        for scope in self.scopes:
            window = book.windows[scope]
            if window.alarm.fired:
                alarms.arm_high_after_cool_down(window.alarm, window.sum, book.now, window.period)

    def credited(self) -> None:
        """Credit came in: arm every tier that the balance is above now."""
        if self.book.account.alarm.fired:
            alarms.arm_by_credit(self.book.account.alarm, self.book.account.balance)

    def billed(self, seq: Seq, charge: Seq) -> None:
        """Billable usage: ring every armed tier whose condition is now true."""
        place = self._ring_low_balance(seq, charge)
        for scope, before in zip(self.scopes, self.spends, strict=True):
            place = self._ring_high_usage(seq, charge, scope, before, place)

    def _ring_low_balance(self, seq: Seq, charge: Seq) -> int:
        book, account = self.book, self.book.account
        watch = book.directory.low_balance
        if not watch.enabled or account.balance > watch.edge:
            return 0
        place = 0
        for tier in alarms.fallen(account.alarm, watch.tiers, account.balance):
            cause = self._cause(seq, charge, place, self.balance, account.balance)
            count = account.alarm.fire(tier, book.now)
            book.notifications.append(
                notifications.low_balance(cause, tier, count, watch, topup_on=account.topup_on)
            )
            place += 1
        return place

    def _ring_high_usage(
        self, seq: Seq, charge: Seq, scope: int, before: Micros, place: int
    ) -> int:
        book = self.book
        watch, window = book.directory.watch(scope), book.windows[scope]
        if not watch.enabled or window.sum < watch.edge:
            return place
        for tier in alarms.risen(window.alarm, watch.tiers, window.sum):
            cause = self._cause(seq, charge, place, before, window.sum)
            count = window.alarm.fire(tier, book.now)
            book.notifications.append(
                notifications.high_usage(cause, tier, count, watch, scope=scope)
            )
            place += 1
        return place

    def _cause(self, seq: Seq, charge: Seq, place: int, before: Micros, after: Micros) -> Cause:
        account = self.book.account
        return Cause(account.id, seq, place, self.book.now, charge, before, after, account.balance)
