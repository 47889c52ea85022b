"""Prices: the list, and own prices of single accounts."""

import hashlib
from collections.abc import Sequence

import msgspec

from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import Refusal
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.store import accounts, prices
from prepaid.store.accounts import AccountRow
from prepaid.store.prices import Price
from prepaid.store.vault import Connection

VERSION_DIGITS = 16


async def listed(desk: Desk) -> list[Price]:
    """The price list, by SKU."""
    return await desk.vault.read(prices.listed)


def version_of(listed: Sequence[Price]) -> str:
    """A mark of what the list says: two lists with one version are the same."""
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()[:VERSION_DIGITS]


def _check(version: str | None, now: Sequence[Price]) -> None:
    if version is not None and version != version_of(now):
        message = "somebody has changed the prices meanwhile; read them again"
        raise Refusal("prices_changed", message)


async def replace_list(
    desk: Desk, wanted: Sequence[Price], version: str | None = None
) -> list[Price]:
    """Put a new list in place of the old one; charges made keep their price.

    Raises:
        Refusal: `409 prices_changed`, when the list is not at the version that is named.
    """

    def work(connection: Connection) -> list[Price]:
        prices.lock_list(connection)
        _check(version, prices.listed(connection))
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


async def replace_own(
    desk: Desk, account: AccountId, wanted: Sequence[Price], version: str | None = None
) -> list[Price]:
    """Put new own prices in place of the old ones, effective at the account's next command.

    Raises:
        Refusal: `404 not_found`; `409 prices_changed`, when they are not at the version named.
    """

    def work(connection: Connection, row: AccountRow) -> list[Price]:
        _check(version, prices.own(connection, row.id))
        prices.replace_own(connection, row.id, wanted)
        accounts.change(connection, row.id, {}, desk.clock())
        return prices.own(connection, row.id)

    return await locked(desk, account, work)
