"""What the demonstration remembers between starts, and whether a database is one it may use.

It knows a database by the account in it that it made, never by how somebody spells its URL.
"""

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from prepaid.commands.database import Stopped, file_of
from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.sandbox import register_prices
from prepaid.settings import Settings
from prepaid.store import accounts, prices, snapshots
from prepaid.store.batching.hot import Unavailable
from prepaid.store.locations import shown
from prepaid.store.prices import Price
from prepaid.store.recount import facts as recount
from prepaid.store.vault import Connection

PRICES = [Price(p.sku, p.micros, p.unit, p.description) for p in register_prices.prices()]


class Known(Struct):
    """The demonstration's secrets, and the accounts it has made: one in each database."""

    operator_key: str = ""
    secret_key: str = ""
    account_id: str = ""  # of the database that was used last
    api_key: str = ""
    made: dict[str, str] = {}  # each account's id, and its API key


class Found(Struct, frozen=True):
    """What a database holds before anything is done to it."""

    mine: str | None = None  # the account that the demonstration made
    has_accounts: bool = False
    prices: list[Price] = []


NOTHING = Found()


def remembered(file: Path) -> Known:
    """What it knows already; its secrets are made once."""
    known = msgspec.json.decode(file.read_bytes(), type=Known) if file.exists() else Known()
    known.operator_key = known.operator_key or secrets.token_urlsafe(24)
    known.secret_key = known.secret_key or secrets.token_urlsafe(32)
    if known.account_id:  # of the last start
        known.made.setdefault(known.account_id, known.api_key)
    return known


def keep(known: Known, file: Path) -> None:
    """Write it down for the next start, for this user alone."""
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(known)))


def own_account(wanted: Settings, known: Known) -> str | None:
    """The account that it made in this database; None: it may make one. Changes nothing.

    Raises:
        Stopped: the database is somebody else's, or cannot be read.
    """
    try:
        found = asyncio.run(_look(wanted, [*known.made]))
    except Unavailable as error:
        message = f"the database cannot be used: {error}; check PREPAID_DATABASE_URL"
        raise Stopped(message) from error
    if found.mine is not None:
        return found.mine
    # Its own list alone is what a first start leaves that was stopped half-way.
    has_prices = bool(found.prices) and set(found.prices) != set(PRICES)
    if found.has_accounts or has_prices:
        message = (
            f"{shown(wanted.database_url)} holds accounts or prices that the demonstration did not"
            " make; nothing was changed. Name an empty database with PREPAID_DATABASE_URL, or none"
            " for one of its own in ./.demo"
        )
        raise Stopped(message)
    return None


async def _look(wanted: Settings, made: Sequence[str]) -> Found:
    path = file_of(wanted)
    if path is not None and not path.exists():
        return NOTHING
    async with snapshots.opened(wanted.database_url) as database:
        if await database.read(snapshots.revision) is None:
            return NOTHING
        return await database.read(partial(_found, made=made))


def _found(connection: Connection, made: Sequence[str]) -> Found:
    # No more than ids: the database may be of an older version, and is not migrated yet.
    numbers = [number for name in made if (number := ids.parse_account(name)) is not None]
    mine = accounts.those_of(connection, numbers)
    return Found(
        mine=ids.account(mine[0]) if mine else None,
        has_accounts=bool(recount.accounts(connection, AccountId(0), 1)),
        prices=prices.listed(connection),
    )
