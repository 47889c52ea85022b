"""One batch: lock the accounts, read what their commands need, apply them in order, write.

The order of reading matters: the lock first, everything that depends on it in later statements.
"""

from collections.abc import Iterable, Sequence

from prepaid.domain import evaluation, metering, windows
from prepaid.domain.accounts import Account
from prepaid.domain.book import Book, Outcome
from prepaid.domain.commands import ROUTES, Command, Refund, Release, Reserve, Settle
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.refusals import Refusal, not_found
from prepaid.store import notifications
from prepaid.store.directory import Directories, Missing
from prepaid.store.hot import Due, HotTransaction, KeyAt, Moment

EXPIRED_PER_BATCH_MAX = 1_000

Result = Outcome | Refusal


class Batch:
    """The commands of one transaction, and the books they are applied to."""

    def __init__(
        self, transaction: HotTransaction, directories: Directories, commands: Sequence[Command]
    ) -> None:
        self._transaction = transaction
        self._directories = directories
        self._commands = commands
        self._asked: dict[AccountId, list[Command]] = {}
        for command in commands:
            self._asked.setdefault(command.account, []).append(command)
        self._books: dict[AccountId, Book] = {}
        self._due: list[Due] = []

    async def run(self, batch_id: bytes) -> list[Result] | None:
        """Everything but COMMIT: one result per command, in order.

        None: so many holds were due that this transaction only expires them; run again after it.
        """
        await self._open()
        await self._read()
        await self._advance()
        for due in self._due:
            metering.expire(self._books[due.account], due.charges)
        crowded = any(len(due.charges) == EXPIRED_PER_BATCH_MAX for due in self._due)
        results = None if crowded else [self._apply(command) for command in self._commands]
        await self._save(batch_id)
        return results

    async def _open(self) -> None:
        accounts = await self._transaction.lock(sorted(self._asked))
        moment = await self._transaction.moment()
        missing = Missing()
        for account in accounts.values():
            self._books[account.id] = self._book(account, moment, missing)
        self._missing = missing

    def _book(self, account: Account, moment: Moment, missing: Missing) -> Book:
        directory = self._directories.current(account, moment.price_epoch)
        if directory is None:
            directory = self._directories.open(account, moment.price_epoch)
            missing.configs.add(account.id)
        missing.directories[account.id] = directory
        account.at = max(moment.clock + account.clock_offset, account.at + 1)
        return Book(account, directory, account.at)

    async def _read(self) -> None:
        await self._read_keys()
        await self._read_charges()
        await self._read_due()
        self._note_missing()
        if self._missing:
            await self._transaction.run(self._missing.fill)

    async def _read_keys(self) -> None:
        wanted = [
            KeyAt(command.account, ROUTES[type(command)], command.key)
            for command in self._commands
            if command.key is not None and command.account in self._books
        ]
        found = await self._transaction.keys(wanted)
        for place, stored in found.items():
            self._books[place.account].keys[place.route, place.key] = stored  # type: ignore[index]

    async def _read_charges(self) -> None:
        wanted = {
            (command.account, command.charge)
            for command in self._commands
            if isinstance(command, Settle | Release | Refund) and command.account in self._books
        }
        wanted |= {
            (book.account.id, stored.seq)
            for book in self._books.values()
            for stored in book.keys.values()
            if stored.outcome is None
        }
        for charge in await self._transaction.charges(list(wanted)):
            self._books[charge.account].charges[charge.seq] = charge

    async def _read_due(self) -> None:
        for book in self._books.values():
            account = book.account
            if account.holds_due is None or account.holds_due > book.now:
                continue
            due = await self._transaction.due(account.id, book.now, EXPIRED_PER_BATCH_MAX)
            account.holds_due = due.next_at
            if len(due.charges) == EXPIRED_PER_BATCH_MAX:
                account.holds_due = book.now  # more may be due
            self._due.append(due)
            book.charges.update((charge.seq, charge) for charge in due.charges)

    def _note_missing(self) -> None:
        missing = self._missing
        for command in self._commands:
            book = self._books.get(command.account)
            if book is not None and isinstance(command, Reserve):
                self._note_reserve(book, command)
        for account, book in self._books.items():
            directory = book.directory
            for charge in book.charges.values():
                number, version = charge.workspace, charge.version
                if number == ACCOUNT_WIDE:
                    continue
                if number not in directory.by_number:
                    missing.numbers.add((account, number))
                if (number, version) not in directory.tags:
                    missing.tags.add((account, number, version))

    def _note_reserve(self, book: Book, command: Reserve) -> None:
        account, directory, missing = book.account.id, book.directory, self._missing
        name, sku, key = command.workspace, command.sku, command.api_key
        if name is not None and directory.by_name.get(name) is None:
            missing.names.add((account, name))  # no negative caching: asked again each time
        if command.credits is None and directory.prices.get(sku) is None:
            missing.skus.add((account, sku))
        if key is not None and not directory.keys.get(key):
            missing.keys.add((account, key))

    async def _advance(self) -> None:
        """Open the windows of every scope that is touched, and move them to now."""
        places = [
            (account, scope)
            for account, book in self._books.items()
            for scope in self._scopes(book)
        ]
        for window in await self._transaction.windows(places):
            self._books[window.account].windows[window.scope] = window
        slices = []
        for account, scope in places:
            book = self._books[account]
            period = book.directory.watch(scope).period
            if scope not in book.windows:
                book.windows[scope] = windows.opened(account, scope, period, book.now)
            slices.append(windows.passed(book.windows[scope], book.now, period))
        sums = iter(await self._transaction.sums([part for part in slices if part is not None]))
        for (account, scope), part in zip(places, slices, strict=True):
            evaluation.advance(self._books[account], scope, 0 if part is None else next(sums))

    def _scopes(self, book: Book) -> Iterable[int]:
        directory = book.directory
        touched = {charge.workspace for charge in book.charges.values()}
        for command in self._asked[book.account.id]:
            if isinstance(command, Reserve):
                found = directory.by_name.get(command.workspace) if command.workspace else None
                touched.add(found.number if found else ACCOUNT_WIDE)
        return sorted({scope for number in touched for scope in directory.scopes(number)})

    def _apply(self, command: Command) -> Result:
        book = self._books.get(command.account)
        if book is None:
            return not_found("the account")
        try:
            return metering.apply(book, command)
        except Refusal as refusal:
            return refusal

    async def _save(self, batch_id: bytes) -> None:
        changed = [book for book in self._books.values() if book.is_changed]
        if not changed:
            return
        await self._transaction.save(changed, batch_id)
        fired = [notification for book in changed for notification in book.notifications]
        if fired:
            await self._transaction.run(lambda connection: notifications.add(connection, fired))
