"""A shop whose clock is in our hand, and what is left in its tables."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY, Instant
from prepaid.flows import prices
from prepaid.flows.desk import Desk
from prepaid.flows.doctor.examination import Examined, examine
from prepaid.store import tables as t
from prepaid.store.vault import open_database
from tests.kit.shop import PRICES, Shop
from tests.simulation.clocked import Hand, vault

NOW: Instant = 20_454 * DAY


@asynccontextmanager
async def clocked(url: str, now: Instant = NOW) -> AsyncIterator[tuple[Shop, Hand]]:
    """A shop whose clock is in our hand."""
    hand = Hand(now)
    opened = vault(open_database(url), hand)
    opened.start()
    desk = Desk(opened, lambda: hand.now, secrets.token_bytes)
    try:
        await prices.replace_list(desk, PRICES)
        yield Shop(desk), hand
    finally:
        await opened.stop()


async def all_of(step: Callable[[], Awaitable[int]], turns: int = 1_000) -> int:
    """Steps until one whole walk finds nothing; how many rows went."""
    gone = quiet = 0
    for _ in range(turns):
        went = await step()
        gone += went
        quiet = 0 if went else quiet + 1
        if quiet == 40:
            return gone
    raise AssertionError("it never ends")


async def count(shop: Shop, table: Table, *where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(*where)
    return int(await shop.desk.vault.read(lambda c: c.execute(query).scalar_one()))


def mark(connection: Connection, account: AccountId, at: Instant) -> None:
    """Marks as batches leave them; not every database needs them."""
    rows = [{"account_id": account, "id": secrets.token_bytes(16), "at": at} for _ in range(5)]
    connection.execute(insert(t.batch), rows)


async def examined(shop: Shop, account: AccountId) -> Examined:
    return await shop.desk.vault.read(lambda c: examine(c, account, lambda _check: None))
