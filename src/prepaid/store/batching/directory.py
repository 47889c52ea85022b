"""Fills directories: what names, keys and SKUs mean in an account, read under its lock."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, select, tuple_

from prepaid.domain.accounts import Account, Directory, Tag, Workspace
from prepaid.domain.alerting import Config, Override
from prepaid.domain.commands import Command, Reserve
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.limits import Limit
from prepaid.domain.proxied import ReserveGroup
from prepaid.store import tables as t

ACCOUNTS_KEPT = 100_000
NAMING = (Reserve, ReserveGroup)  # commands that name a workspace
PAIRS_MAX = 1_000  # in one statement: PostgreSQL nests them, as deep as its stack allows
UNREAD = Config()  # stands in a new directory until its account's rules are read

_config = msgspec.json.Decoder(Config)
_override = msgspec.json.Decoder(Override)


class Directories:
    """The directories this process knows. One that is older than its account's epoch is dropped."""

    def __init__(self) -> None:
        self._known: OrderedDict[AccountId, Directory] = OrderedDict()

    def current(self, account: Account, price_epoch: int) -> Directory | None:
        """The directory of an account if it still holds."""
        found = self._known.get(account.id)
        if found is None or (found.epoch, found.price_epoch) != (account.epoch, price_epoch):
            return None
        if found.config is UNREAD:  # the transaction that opened it failed before it read them
            return None
        return found

    def open(self, account: Account, price_epoch: int) -> Directory:
        """A new, empty directory."""
        directory = self._known[account.id] = Directory(account.epoch, price_epoch)
        directory.config = UNREAD
        self._known.move_to_end(account.id)
        if len(self._known) > ACCOUNTS_KEPT:
            self._known.popitem(last=False)
        return directory


class Missing:
    """What a batch must know and its directories do not, by kind, as (account, name) pairs."""

    def __init__(self) -> None:
        self.directories: dict[AccountId, Directory] = {}
        self.configs: set[AccountId] = set()
        self.names: set[tuple[AccountId, str]] = set()
        self.numbers: set[tuple[AccountId, WorkspaceNumber]] = set()
        self.tags: set[tuple[AccountId, WorkspaceNumber, int]] = set()
        self.skus: set[tuple[AccountId, str]] = set()
        self.keys: set[tuple[AccountId, int]] = set()

    def __bool__(self) -> bool:
        return any((self.configs, self.names, self.numbers, self.tags, self.skus, self.keys))

    def note(self, account: AccountId, directory: Directory, command: Command) -> None:
        """What a reserve names and the directory does not know."""
        if not isinstance(command, NAMING):
            return
        name, key = command.workspace, command.api_key
        if name is not None and directory.by_name.get(name) is None:
            self.names.add((account, name))  # no negative caching: asked again each time
        if key is not None and not directory.keys.get(key):
            self.keys.add((account, key))
        if isinstance(command, ReserveGroup):
            for line in command.lines:
                self._note_price(account, directory, line.sku)
        elif command.credits is None:
            self._note_price(account, directory, command.sku)

    def _note_price(self, account: AccountId, directory: Directory, sku: str) -> None:
        if directory.prices.get(sku) is None:
            self.skus.add((account, sku))

    def fill(self, connection: Connection) -> None:
        """Read all of it into the directories."""
        self._fill_configs(connection)
        self._fill_workspaces(connection)
        self._fill_tags(connection)
        self._fill_prices(connection)
        self._fill_keys(connection)

    def _fill_configs(self, connection: Connection) -> None:
        if not self.configs:
            return
        c = t.notification_config.c
        query = select(c.account_id, c.config).where(c.account_id.in_(self.configs))
        stored = connection.execute(query).all()
        for account in self.configs:
            self.directories[account].config = Config()
        for account, config in stored:
            self.directories[account].config = _config.decode(config)

    def _fill_workspaces(self, connection: Connection) -> None:
        w = t.workspace.c
        for account, name in self.names:
            self.directories[account].by_name[name] = None
        numbers = list(self.numbers)
        parts = [numbers[at : at + PAIRS_MAX] for at in range(0, len(numbers), PAIRS_MAX)]
        for query in (
            _workspaces().where(_in((w.account_id, w.name), self.names), w.archived_at.is_(None)),
            *(_workspaces().where(_in((w.account_id, w.number), part)) for part in parts),
        ):
            for row in connection.execute(query):
                found = _workspace(row)
                directory = self.directories[row.account_id]
                directory.by_number[found.number] = found
                tag = Tag(found.number, found.name, found.legal_name)
                directory.tags[found.number, found.version] = tag
                if not found.archived:
                    directory.by_name[found.name] = found

    def _fill_tags(self, connection: Connection) -> None:
        if not self.tags:
            return
        n, w = t.legal_name.c, t.workspace.c
        query = (
            select(n.account_id, n.number, n.version, w.name, n.legal_name)
            .join_from(
                t.legal_name,
                t.workspace,
                (n.account_id == w.account_id) & (n.number == w.number),
            )
            .where(_in((n.account_id, n.number, n.version), self.tags))
        )
        for account, number, version, name, legal_name in connection.execute(query):
            self.directories[account].tags[number, version] = Tag(number, name, legal_name)

    def _fill_prices(self, connection: Connection) -> None:
        if not self.skus:
            return
        p, a = t.price.c, t.account_price.c
        listed = select(p.sku, p.micros).where(p.sku.in_({sku for _, sku in self.skus}))
        micros = {row.sku: row.micros for row in connection.execute(listed)}
        for account, sku in self.skus:
            self.directories[account].prices[sku] = micros.get(sku)
        own = select(a.account_id, a.sku, a.micros).where(_in((a.account_id, a.sku), self.skus))
        for account, sku, value in connection.execute(own):
            self.directories[account].prices[sku] = value

    def _fill_keys(self, connection: Connection) -> None:
        if not self.keys:
            return
        k = t.api_key.c
        query = select(k.account_id, k.number, k.scope).where(
            _in((k.account_id, k.number), self.keys), k.revoked_at.is_(None)
        )
        for account, number, scope in connection.execute(query):
            self.directories[account].keys[number] = scope


def _in(columns: tuple[ColumnElement[Any], ...], values: Iterable[object]) -> ColumnElement[bool]:
    return tuple_(*columns).in_(list(values))


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        number=row.number,
        name=row.name,
        legal_name=row.legal_name,
        version=row.version,
        archived=row.archived_at is not None,
        override=None if row.rules is None else _override.decode(row.rules),
        limit=None if row.limit_cents is None else Limit(row.limit_cents, row.limit_minutes),
    )


def _workspaces() -> Select[Any]:
    w, o = t.workspace.c, t.workspace_override.c
    return select(
        w.account_id,
        w.number,
        w.name,
        w.legal_name,
        w.version,
        w.archived_at,
        w.limit_cents,
        w.limit_minutes,
        o.rules,
    ).join_from(
        t.workspace,
        t.workspace_override,
        (w.account_id == o.account_id) & (w.number == o.number),
        isouter=True,
    )
