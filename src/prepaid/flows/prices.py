"""Prices: the list, and own prices of single accounts."""

from collections.abc import Sequence

from prepaid.domain.ids import AccountId
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.store import accounts, prices
from prepaid.store.accounts import AccountRow
from prepaid.store.prices import Price
from prepaid.store.vault import Connection


async def listed(desk: Desk) -> list[Price]:
    """The price list, by SKU."""
    return await desk.vault.read(prices.listed)


async def replace_list(desk: Desk, wanted: Sequence[Price]) -> list[Price]:
    """Put a new list in place of the old one; charges made keep their price."""

    def work(connection: Connection) -> list[Price]:
        prices.replace_list(connection, wanted)
        return prices.listed(connection)

    return await desk.vault.write(work)


async def own(desk: Desk, account: AccountId) -> list[Price]:
    """The own prices of an account.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> list[Price]:
        existing(accounts.get(connection, account), account)
        return prices.own(connection, account)

    return await desk.vault.read(work)


async def replace_own(desk: Desk, account: AccountId, wanted: Sequence[Price]) -> list[Price]:
    """Put new own prices in place of the old ones, effective at the account's next command.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection, row: AccountRow) -> list[Price]:
        prices.replace_own(connection, row.id, wanted)
        accounts.change(connection, row.id, {}, desk.clock())
        return prices.own(connection, row.id)

    return await locked(desk, account, work)
