"""One batch: lock the accounts, read what their commands need, apply them in order, write.

The order of reading matters: the lock first, everything that depends on it in later statements.
"""

from collections.abc import Iterable, Iterator, Sequence

from prepaid.domain import handling, windows
from prepaid.domain.accounts import Account
from prepaid.domain.book import Book, Outcome
from prepaid.domain.charges import Charge
from prepaid.domain.commands import ROUTES, Command
from prepaid.domain.freeing import Unread, Wanted
from prepaid.domain.ids import ACCOUNT_WIDE, AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import Refusal, not_found
from prepaid.store import notifications, spend
from prepaid.store.batching import group_books, moments, topup_books
from prepaid.store.batching.directory import NAMING, Directories, Missing
from prepaid.store.batching.hot import Clock, HotTransaction, KeyAt
from prepaid.store.batching.moments import Moment

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
        self._now: dict[AccountId, Instant] = {}
        self._real: Instant = 0  # now by the real clock
        self._due: dict[AccountId, list[Charge]] = {}

    async def run(self, batch_id: bytes) -> list[Result] | None:
        """Everything but COMMIT: one result per command, in order.

        None: so many holds were due that this transaction only expires them; run again after it.
        """
        await self._open()
        await self._read()
        await self._advance()
        crowded = any(len(due) == EXPIRED_PER_BATCH_MAX for due in self._due.values())
        results = None if crowded else await self._results()
        await self._save(batch_id)
        return results

    async def _open(self) -> None:
        accounts = await self._transaction.lock(sorted(self._asked))
        clock = await self._transaction.clock()
        self._real = clock.now
        missing = Missing()
        for account in accounts.values():
            self._books[account.id] = self._book(account, clock, missing)
        self._missing = missing

    def _book(self, account: Account, clock: Clock, missing: Missing) -> Book:
        directory = self._directories.current(account, clock.price_epoch)
        if directory is None:
            directory = self._directories.open(account, clock.price_epoch)
            missing.configs.add(account.id)
        missing.directories[account.id] = directory
        self._now[account.id] = max(clock.now + account.clock_offset, account.at + 1)
        book = Book(account, directory)
        book.wall = clock.now
        return book

    async def _read(self) -> None:
        await self._read_keys()
        await group_books.load(self._transaction, self._books, self._commands)
        await self._read_charges()
        await self._read_due()
        self._note_missing()
        if self._missing:
            await self._transaction.run(self._missing.fill)
        await topup_books.open_states(self._transaction, self._books, self._asked, self._real)

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
            (command.account, seq)
            for command in self._commands
            if command.account in self._books
            for seq in group_books.charges_of(command)
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
            account, now = book.account, self._now[book.account.id]
            if account.holds_due is None or account.holds_due > now:
                continue
            due = await self._transaction.due(account.id, now, EXPIRED_PER_BATCH_MAX)
            account.holds_due = due.next_at
            if len(due.charges) == EXPIRED_PER_BATCH_MAX:
                account.holds_due = now  # more may be due
            self._due[account.id] = due.charges
            book.charges.update((charge.seq, charge) for charge in due.charges)

    def _note_missing(self) -> None:
        missing = self._missing
        for command in self._commands:
            book = self._books.get(command.account)
            if book is not None:
                missing.note(command.account, book.directory, command)
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

    async def _advance(self) -> None:
        """Go through the moments of each account: the expiry of each due hold, then now."""
        await self._open_windows()
        passing = [moment for book in self._books.values() for moment in self._moments(book)]
        passed = [part for moment in passing for part in moment.slices]
        sums = iter(await self._transaction.sums(passed))
        for moment in passing:
            moments.pass_through(self._books[moment.account], moment, sums)

    async def _open_windows(self) -> None:
        places = [
            (account, scope)
            for account, book in self._books.items()
            for scope in self._scopes(book)
        ]
        for window in await self._transaction.windows(places):
            self._books[window.account].windows[window.scope] = window
        for account, scope in places:
            book = self._books[account]
            if scope not in book.windows:
                period = book.directory.watch(scope).period
                opened = windows.opened(account, scope, period, self._now[account])
                book.windows[scope] = opened

    def _moments(self, book: Book) -> Iterator[Moment]:
        due = self._due.get(book.account.id, [])
        is_crowded = len(due) == EXPIRED_PER_BATCH_MAX
        return moments.foreseen(book, due, None if is_crowded else self._now[book.account.id])

    def _scopes(self, book: Book) -> Iterable[int]:
        directory = book.directory
        touched = {charge.workspace for charge in book.charges.values()}
        named = {c.workspace for c in self._asked[book.account.id] if isinstance(c, NAMING)}
        for name in named:
            found = directory.by_name.get(name) if name else None
            touched.add(found.number if found else ACCOUNT_WIDE)
        return sorted({scope for number in touched for scope in directory.scopes(number)})

    async def _results(self) -> list[Result]:
        results: list[Result] = []
        while len(results) < len(self._commands):
            try:
                for command in self._commands[len(results) :]:
                    results.append(self._apply(command))  # noqa: PERF401 - kept if one stops it
            except Unread as unread:  # rare: the refusal by a limit says when there is room
                account = self._commands[len(results)].account
                await self._read_ladder(account, unread.wanted)
        return results

    async def _read_ladder(self, account: AccountId, wanted: Wanted) -> None:
        found = await self._transaction.run(lambda c: spend.rows(c, account, wanted))
        self._books[account].ladders[wanted.scope].keep(wanted, found)

    def _apply(self, command: Command) -> Result:
        book = self._books.get(command.account)
        if book is None:
            return not_found("the account")
        try:
            return handling.apply(book, command)
        except Refusal as refusal:
            return refusal

    async def _save(self, batch_id: bytes) -> None:
        changed = [book for book in self._books.values() if book.is_changed]
        if not changed:
            return
        await self._transaction.save(changed, batch_id)
        fired = [notification for book in changed for notification in book.notifications]
        if fired:
            at = self._real
            await self._transaction.run(lambda c: notifications.add(c, fired, at))
        if any(book.shelf.is_changed for book in changed):
            await self._transaction.run(lambda connection: group_books.save(connection, changed))
        if any(book.topup is not None and book.topup.is_changed for book in changed):
            await self._transaction.run(lambda connection: topup_books.save(connection, changed))
