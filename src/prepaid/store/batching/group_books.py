"""What a batch reads and writes for the groups of charges among its commands."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from prepaid.domain.book import Book
from prepaid.domain.commands import Command, Refund, Release, Settle
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.proxied import NEWS, Group, ReserveGroup, SettleGroup
from prepaid.store import proxied
from prepaid.store.batching.hot import HotTransaction
from prepaid.store.deliveries import messages

ENDINGS = (Settle, Release, Refund)


def charges_of(command: Command) -> tuple[Seq, ...]:
    """The charges a command is about, which must be read before it is applied."""
    if isinstance(command, SettleGroup):
        return tuple(part.charge for part in command.parts)
    return (command.charge,) if isinstance(command, ENDINGS) else ()


async def load(
    transaction: HotTransaction, books: Mapping[AccountId, Book], commands: Sequence[Command]
) -> None:
    """Put the kept requests and repeat marks that groups ask for on their accounts' shelves."""
    groups = [c for c in commands if isinstance(c, Group) and c.account in books]
    by_account: dict[AccountId, list[Group]] = {}
    for group in groups:
        by_account.setdefault(group.account, []).append(group)
    for account, asked in by_account.items():
        wanted = _Wanted(asked)
        if wanted:
            await transaction.run(partial(_read, wanted, books[account]))


def _read(wanted: "_Wanted", book: Book, connection: Connection) -> None:
    wanted.read(connection, book)


class _Wanted:
    """What the groups of one account need to know."""

    def __init__(self, groups: Sequence[Group]) -> None:
        opened = [g.opening for g in groups if isinstance(g, ReserveGroup) and g.opening]
        settled = [group for group in groups if isinstance(group, SettleGroup)]
        self.keys = sorted({(o.route, o.key) for o in opened if o.key is not None})
        self.ids = sorted({group.request for group in settled if group.request is not None})
        marked = [
            one
            for group in groups
            for one in (group.lines if isinstance(group, ReserveGroup) else group.parts)
        ]
        paid = {(one.sku, one.mark.digest) for one in marked if one.mark is not None}
        told = {(NEWS, mark.digest) for group in settled for mark in group.news or ()}
        self.marks = sorted(paid | told)

    def __bool__(self) -> bool:
        return bool(self.keys or self.ids or self.marks)

    def read(self, connection: Connection, book: Book) -> None:
        """Fill the shelf."""
        shelf, account = book.shelf, book.account.id
        for request in proxied.by_keys(connection, account, self.keys) if self.keys else ():
            assert request.key is not None, "it was found by its key"
            shelf.by_key[request.route, request.key] = request
        for request in proxied.by_ids(connection, account, self.ids) if self.ids else ():
            shelf.by_id[request.id] = request
        if self.marks:
            shelf.marks |= proxied.marks(connection, account, self.marks)


def save(connection: Connection, books: Sequence[Book]) -> None:
    """Write what the groups of a batch have kept, paid and told."""
    for book in books:
        account, shelf = book.account.id, book.shelf
        offset = book.account.clock_offset
        if shelf.kept:
            proxied.keep(connection, offset, shelf.kept.values())
        if shelf.new_marks:
            proxied.mark(connection, account, offset, shelf.new_marks)
        for event in shelf.events:
            messages.add(connection, account, event.type, event.body, at=book.wall)
