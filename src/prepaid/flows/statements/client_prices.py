"""The prices an account asks of its own clients, by workspace and SKU."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain import ids
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.refusals import invalid
from prepaid.domain.statements.money import Price
from prepaid.domain.statements.prices import ANY_SKU, ANY_WORKSPACE, ClientPrice, PriceBook
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.store import accounts, workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.statements import client_prices
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

PRICES_MAX = 10_000  # of an account


class WantedPrice(Struct, frozen=True):
    """A price for clients as it is asked for."""

    workspace: str | None  # name or id; None: any
    price: ClientPrice  # its workspace is filled in


class NamedPrice(Struct, frozen=True):
    """A price for clients with the workspace it is for."""

    workspace: WorkspaceRow | None  # None: any
    price: ClientPrice


class Asked(Struct, frozen=True):
    """What one workspace is asked, or all of them: prices by SKU, the empty one for any."""

    account: AccountRow
    everyone: dict[str, ClientPrice]
    own: dict[str, ClientPrice]  # of the workspace

    @property
    def book(self) -> PriceBook:
        """The prices that hold."""
        return self.book_of([*self.everyone.values(), *self.own.values()])

    @property
    def credit_price(self) -> Price:
        """What a credit costs the account, which is asked where no price is set."""
        return self.book_of([]).price(ANY_WORKSPACE, ANY_SKU)

    def book_of(self, rules: Iterable[ClientPrice]) -> PriceBook:
        """The prices that would hold if these were set."""
        return PriceBook(rules, self.account.credit_price, self.account.currency)


async def prices(desk: Desk, account: AccountId) -> list[NamedPrice]:
    """The prices an account asks of its clients.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> list[NamedPrice]:
        existing(accounts.get(connection, account), account)
        return _named(connection, account)

    return await desk.vault.read(work)


async def asked(
    desk: Desk, account: AccountId, workspace: WorkspaceNumber = ANY_WORKSPACE
) -> Asked:
    """The prices that may hold for a workspace; without one, those for all.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Asked:
        row = existing(accounts.get(connection, account), account)
        found = client_prices.every(connection, account, {ANY_WORKSPACE, workspace})
        return Asked(
            row,
            {one.sku: one for one in found if one.workspace == ANY_WORKSPACE},
            {one.sku: one for one in found if one.workspace == workspace != ANY_WORKSPACE},
        )

    return await desk.vault.read(work)


async def counts(desk: Desk, account: AccountId) -> dict[WorkspaceNumber, int]:
    """How many prices of its own each workspace has; `ANY_WORKSPACE` for those of all."""
    return await desk.vault.read(lambda c: client_prices.counts(c, account))


async def put(desk: Desk, account: AccountId, rule: ClientPrice) -> None:
    """Ask one price, in place of the one for the same workspace and SKU.

    Months that are not closed have the new price.

    Raises:
        Refusal: `404 not_found`, 400 naming `sku` when there are too many prices.
    """

    def work(connection: Connection, row: AccountRow) -> None:
        client_prices.put(connection, row.id, rule)
        if sum(client_prices.counts(connection, row.id).values()) > PRICES_MAX:
            raise invalid("sku", f"would be price {PRICES_MAX + 1}; {PRICES_MAX} are allowed")

    await locked(desk, account, work)


async def drop(
    desk: Desk, account: AccountId, workspace: WorkspaceNumber, sku: str | None = None
) -> None:
    """Ask a price no more; without a SKU, none of the workspace's. What is not there stays so.

    Raises:
        Refusal: `404 not_found`.
    """
    await locked(desk, account, lambda c, row: client_prices.drop(c, row.id, workspace, sku))


async def replace_prices(
    desk: Desk, account: AccountId, wanted: Sequence[WantedPrice]
) -> list[NamedPrice]:
    """Put a new list in place of the old one. Months that are not closed have the new prices.

    Raises:
        Refusal: `404 not_found`, 400 naming `prices[…]`.
    """

    def work(connection: Connection, row: AccountRow) -> list[NamedPrice]:
        rules: dict[tuple[WorkspaceNumber, str], ClientPrice] = {}
        known = _numbers(row.id, workspaces.every(connection, row.id))
        for place, one in enumerate(wanted):
            field = f"prices[{place}]"
            number = ANY_WORKSPACE if one.workspace is None else known.get(one.workspace)
            if number is None:
                raise invalid(f"{field}.workspace", f"{one.workspace!r} is unknown")
            rule = replace(one.price, workspace=number)
            if (rule.workspace, rule.sku) in rules:
                raise invalid(field, "is for the same workspace and SKU as one before it")
            rules[rule.workspace, rule.sku] = rule
        client_prices.replace(connection, row.id, list(rules.values()))
        return _named(connection, row.id)

    return await locked(desk, account, work)


def _numbers(account: AccountId, rows: Sequence[WorkspaceRow]) -> dict[str, WorkspaceNumber]:
    """Workspaces by id, and the active ones by name too."""
    by_id = {ids.owned("ws", account, row.number): row.number for row in rows}
    return by_id | {row.name: row.number for row in rows if row.archived_at is None}


def _named(connection: Connection, account: AccountId) -> list[NamedPrice]:
    rows = {row.number: row for row in workspaces.every(connection, account)}
    return [
        NamedPrice(rows.get(price.workspace), price)
        for price in client_prices.every(connection, account)
    ]
