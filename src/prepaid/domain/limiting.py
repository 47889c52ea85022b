"""Refusing charges by the spend limit of their workspace, and telling the first refusal.

A refusal changes nothing but what was told: that takes a number in the account's order.
"""

import msgspec
from msgspec import Struct

from prepaid.domain import ids, windows
from prepaid.domain.accounts import Tag
from prepaid.domain.amounts import Micros, cents
from prepaid.domain.book import Book
from prepaid.domain.evaluation import pending
from prepaid.domain.events.limit_reached import LIMIT_REACHED, LimitReached
from prepaid.domain.freeing import Ladder
from prepaid.domain.instants import Instant, iso_millis, iso_millis_from
from prepaid.domain.limits import CALENDAR_MONTH, Limit, LimitState
from prepaid.domain.notifications import PER_COMMAND_MAX, Notification
from prepaid.domain.refusals import Detail, Refusal
from prepaid.domain.windows import Slice, Window

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Overrun(Struct, frozen=True):
    """A charge that would pass the limit of its workspace."""

    limit: Limit
    spent: Micros  # within the limit's time, before the charge
    amount: Micros  # of the charge
    frees_at: Instant | None  # when it would pass, if nothing is added; None: never


def open_limits(book: Book) -> dict[int, Limit]:
    """The limits among the book's windows, each with a state; nearly always none."""
    limits = {}
    for scope, window in book.windows.items():
        limit = book.directory.limit(scope)
        if limit is not None:
            limits[scope] = limit
            window.limit = window.limit or LimitState()
    return limits


def advance(book: Book, scope: int, passed: Slice | None, between: Micros) -> None:
    """Move a limit's frontier to now, given the sum of the rows it passes as the store has it."""
    limit = book.directory.limit(scope)
    assert limit is not None, "only frontiers of limits are moved"
    windows.move_limit(book.windows[scope], book.now, limit, between + pending(book, passed))


def check(book: Book, tag: Tag | None, amount: Micros) -> None:
    """A charge may be made if its workspace stays within its limit. Free always passes.

    Raises:
        Refusal: `402 workspace_limit_reached`.
        Unread: rows are missing to tell when there is room again; nothing has changed.
    """
    limit = None if tag is None else book.directory.limit(tag.number)
    if tag is None or limit is None or amount == 0:
        return
    state = state_of(book.windows[tag.number])
    if state.sum + amount <= limit.micros:
        return
    overrun = Overrun(limit, state.sum, amount, _frees_at(book, tag.number, limit, amount))
    if state.is_news(limit, amount, book.now):
        number = book.next_seq() * PER_COMMAND_MAX
        told = _notification(book, number, tag.number, overrun, state.tell(book.now))
        book.notifications.append(told)
    raise _refusal(tag, overrun)


def state_of(window: Window) -> LimitState:
    """The state of a window whose workspace has a limit."""
    assert window.limit is not None, "the state of a limit is opened with its window"
    return window.limit


def _frees_at(book: Book, scope: int, limit: Limit, amount: Micros) -> Instant | None:
    state = state_of(book.windows[scope])
    if amount > limit.micros:
        return None
    if limit.minutes is None:
        return limit.leaves(book.now)
    ladder = book.ladders.setdefault(scope, Ladder(scope, state.tail))
    changed = {at: micros for (place, at), micros in book.spend.items() if place == scope}
    excess = state.sum + amount - limit.micros
    return limit.leaves(ladder.decisive(book.now, excess, changed))


def _refusal(tag: Tag, over: Overrun) -> Refusal:
    limit, spent = over.limit, cents(over.spent)
    span = "this month" if limit.minutes is None else f"in {limit.minutes} minutes"
    if over.frees_at is None:
        since, room = "never", "it alone is above the limit"
    else:
        since = iso_millis_from(over.frees_at)
        room = f"there is room from {since}"
    message = (
        f"workspace {tag.name!r} has spent {spent} of {limit.cents} cents {span};"
        f" {cents(over.amount)} more would pass its limit, {room}"
    )
    details = (
        Detail("limitCents", str(limit.cents)),
        Detail("spentCents", str(spent)),
        Detail("freesAt", since),
    )
    return Refusal("workspace_limit_reached", message, details)


def _notification(book: Book, number: int, scope: int, over: Overrun, count: int) -> Notification:
    account, limit = book.account.id, over.limit
    workspace_id = ids.owned("ws", account, scope)
    payload = LimitReached(
        type=LIMIT_REACHED,
        version="1",
        account_id=ids.account(account),
        workspace_id=workspace_id,
        limit_cents=limit.cents,
        period=CALENDAR_MONTH if limit.minutes is None else None,
        period_minutes=limit.minutes,
        spent_cents=cents(over.spent),
        refused_cents=cents(over.amount),
        frees_at=None if over.frees_at is None else iso_millis_from(over.frees_at),
        fired_at=iso_millis(book.now),
    )
    return Notification(
        account=account,
        number=number,
        kind="workspace_limit",
        identifier="reached",
        scope=scope,
        dedup_key=f"workspace_limit:reached:{workspace_id}:{count}",
        fired_at=book.now,
        event_type=LIMIT_REACHED,
        payload=_encode(payload),
        email=True,
        webhook=True,
        charge=None,
        before=over.spent,
        after=over.spent,
    )
