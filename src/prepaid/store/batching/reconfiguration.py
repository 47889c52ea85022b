"""A change of notification rules, as a batch of its own in the account's order."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from prepaid.domain import configuring
from prepaid.domain.accounts import Directory
from prepaid.domain.alerting import Override
from prepaid.domain.book import Book
from prepaid.domain.commands import Command, Configure, Rules
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal, not_found
from prepaid.store import accounts, alerting
from prepaid.store import tables as t
from prepaid.store.batching.batch import Batch, Result
from prepaid.store.batching.directory import Directories
from prepaid.store.batching.hot import HotTransaction


class Reconfiguration(Batch):
    """One command of `Rules`: windows that have rung are moved now, the others when next met."""

    def __init__(
        self, transaction: HotTransaction, directories: Directories, commands: Sequence[Command]
    ) -> None:
        (command,) = commands
        assert isinstance(command, Rules), "a change of rules is a batch of its own"
        self._command = command
        self._rung: list[int] = []
        super().__init__(transaction, directories, commands)

    async def _read(self) -> None:
        account = self._command.account
        if account in self._books:
            self._rung = await self._transaction.run(lambda c: _rung(c, account))
            numbers = [scope for scope in self._rung if scope]
            if not isinstance(self._command, Configure):
                numbers.append(self._command.workspace)
            self._missing.numbers |= {(account, number) for number in numbers}
        await super()._read()

    def _scopes(self, book: Book) -> Iterable[int]:
        known = book.directory.by_number
        rung = {scope for scope in self._rung if scope == 0 or not known[scope].archived}
        return sorted(rung | set(super()._scopes(book)))

    async def _results(self) -> list[Result]:
        book = self._books.get(self._command.account)
        if book is None:
            return [not_found("the account")]
        try:
            after = configuring.changed(book.directory, self._command)
        except Refusal as refusal:
            return [refusal]
        slices = configuring.passed(book, after, configuring.affected(book, after))
        sums = iter(await self._transaction.sums([part for part in slices.values() if part]))
        between = {scope: next(sums) if part else 0 for scope, part in slices.items()}
        outcome = configuring.configure(book, after, between)
        await self._transaction.run(lambda connection: self._store(connection, after, book.now))
        return [outcome]

    def _store(self, connection: Connection, after: Directory, now: int) -> None:
        command = self._command
        if isinstance(command, Configure):
            alerting.store_config(connection, command.account, after.config, now)
        else:
            override: Override | None = after.by_number[command.workspace].override
            alerting.store_override(connection, command.account, command.workspace, override, now)
        accounts.change(connection, command.account, {}, now)


def _rung(connection: Connection, account: AccountId) -> list[int]:
    w = t.spend_window.c
    query = select(w.scope).where(w.account_id == account, w.alarm.is_not(None))
    return list(connection.scalars(query))
