"""What a change of notification rules does to windows and tiers. It never fires anything.

For every scope whose effective rules change: the window has been advanced by the old rules, then
its frontier moves to the new period, and tiers that the spend is now below are armed.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from prepaid.domain import alarms, windows
from prepaid.domain.accounts import Directory
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import Micros
from prepaid.domain.book import Book, Outcome
from prepaid.domain.commands import Configure, Rules
from prepaid.domain.evaluation import Evaluation, pending
from prepaid.domain.refusals import not_found
from prepaid.domain.windows import Slice


def merged(config: Config, changes: Mapping[str, object]) -> Config:
    """The configuration with the named fields replaced; the others keep their value."""
    return replace(config, **changes)


def merged_override(
    override: Override | None, changes: Mapping[str, object] | None
) -> Override | None:
    """The override with the named fields replaced; None when all of it is taken away."""
    return None if changes is None else replace(override or Override(), **changes)


def changed(directory: Directory, command: Rules) -> Directory:
    """The account's directory as it is after the command.

    Raises:
        Refusal: `404 not_found` for a workspace that is unknown or archived.
    """
    after = Directory(directory.epoch + 1, directory.price_epoch)
    after.config = directory.config
    after.by_number = dict(directory.by_number)
    if isinstance(command, Configure):
        after.config = merged(directory.config, command.changes)
        return after
    found = directory.by_number.get(command.workspace)
    if found is None or found.archived:
        raise not_found("the workspace")
    override = merged_override(found.override, command.changes)
    after.by_number[found.number] = replace(found, override=override)
    return after


def affected(book: Book, after: Directory) -> list[int]:
    """The scopes whose effective rules change, among those whose tiers have ever fired."""
    before = book.directory
    return [scope for scope in book.windows if before.watch(scope).differs(after.watch(scope))]


def passed(book: Book, after: Directory, scopes: Iterable[int]) -> dict[int, Slice | None]:
    """The rows that each window passes on its way to the new period."""
    return {
        scope: windows.passed(
            book.windows[scope],
            book.windows[scope].tail,
            book.now - after.watch(scope).period,
        )
        for scope in scopes
    }


def configure(book: Book, after: Directory, between: Mapping[int, Micros]) -> Outcome:
    """Put the new rules in force, given the stored sums that the affected windows pass."""
    Evaluation(book, tuple(book.windows))
    seq = book.next_seq()
    slices = passed(book, after, between)
    for scope, micros in between.items():
        window, watch = book.windows[scope], after.watch(scope)
        windows.move(window, book.now, watch.period, micros + pending(book, slices[scope]))
        alarms.arm_by_period(window.alarm, window.sum)
        window.alarm.keep(watch.tiers)
    book.account.alarm.keep(after.low_balance.tiers)
    return Outcome(seq, book.account.balance)
