"""Many rows by one statement: what is found is what each place alone would have found."""

import random
from collections.abc import AsyncIterator

import pytest
from pysqlite3 import dbapi2

from prepaid.domain.windows import Slice
from prepaid.store.batching.hot import KeyAt
from prepaid.store.sqlite import lookups as sqlite_lookups
from prepaid.store.sqlite.database import SqliteDatabase
from prepaid.store.sqlite.hot import SqliteTransaction
from prepaid.store.sqlite.lookups import TOGETHER_MAX, LookUp
from tests.kit.shop import Shop

NUMBERS = (1, 2, 3, 64, 65, TOGETHER_MAX, TOGETHER_MAX + 1, 3 * TOGETHER_MAX + 5)
HOUR = 3_600_000_000
ALL = {name: each for name, each in vars(sqlite_lookups).items() if isinstance(each, LookUp)}


@pytest.fixture
async def transaction(sqlite_shop: Shop) -> AsyncIterator[SqliteTransaction]:
    """An open one, which leaves nothing."""
    database = sqlite_shop.desk.vault.database
    assert isinstance(database, SqliteDatabase)
    opened = await database.begin()
    yield opened
    await opened.rollback()


def raw_of(shop: Shop) -> dbapi2.Connection:
    database = shop.desk.vault.database
    assert isinstance(database, SqliteDatabase)
    return database._raw


@pytest.mark.parametrize("number", NUMBERS)
async def test_every_key_in_use_is_found_and_no_other(
    sqlite_shop: Shop, transaction: SqliteTransaction, number: int
) -> None:
    """One key too few would be charged twice. Statements have 1, 2, 4 … places to fill."""
    used = [KeyAt(7, "charge", f"k{n}") for n in range(0, number, 2)]
    raw_of(sqlite_shop).executemany(
        "INSERT INTO idempotency_key VALUES (?, ?, ?, x'00', ?, 0, NULL)",
        [(*place, n) for n, place in enumerate(used)],
    )
    others = [KeyAt(8, "charge", "k0"), KeyAt(7, "settle", "k0"), KeyAt(7, "charge", "K0")]
    asked = [KeyAt(7, "charge", f"k{n}") for n in range(number)]

    found = await transaction.keys([*asked, *others, *asked[:3]])
    assert {place: stored.seq for place, stored in found.items()} == {
        place: n for n, place in enumerate(used)
    }
    assert await transaction.keys([]) == {}


@pytest.mark.parametrize("number", NUMBERS)
async def test_sums_are_those_of_each_slice_alone(
    sqlite_shop: Shop, transaction: SqliteTransaction, number: int
) -> None:
    """Whole hours and the rows around them, each counted once, though places are filled up."""
    drawn = random.Random(number)
    rows = {(scope, drawn.randrange(60 * HOUR)): 1 << n for n in range(40) for scope in (0, 1)}
    hours: dict[tuple[int, int], int] = {}
    for (scope, at), micros in rows.items():
        hours[scope, at // HOUR] = hours.get((scope, at // HOUR), 0) + micros
    raw = raw_of(sqlite_shop)
    raw.executemany("INSERT INTO spend VALUES (7, ?, ?, ?)", [(*at, m) for at, m in rows.items()])
    raw.executemany(
        "INSERT INTO spend_hour VALUES (7, ?, ?, ?)", [(*at, m) for at, m in hours.items()]
    )
    slices = []
    for _ in range(number):
        low, high = sorted(drawn.randrange(60 * HOUR) for _ in range(2))
        slices.append(Slice(7, drawn.randrange(2), low, high))

    assert await transaction.sums(slices) == [
        sum(m for (scope, at), m in rows.items() if scope == s.scope and s.after < at <= s.until)
        for s in slices
    ]


@pytest.mark.parametrize("size", [1, 2, 64])
@pytest.mark.parametrize("name", ALL)
async def test_each_place_is_searched_for_by_the_key(
    sqlite_shop: Shop, name: str, size: int
) -> None:
    """A statement that reads a whole table to find a few of its rows is a trap that grows."""
    text = ALL[name]._text(size)
    asked = (1,) * text.count("?")
    plan = raw_of(sqlite_shop).execute(f"EXPLAIN QUERY PLAN {text}", asked).fetchall()
    steps = [step[3] for step in plan]

    assert sum(step.startswith("SEARCH") for step in steps) == 1
    scanned = [step for step in steps if step.startswith("SCAN")]
    assert all("CONSTANT" in step or "VALUES" in step or step == "SCAN w" for step in scanned)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "integer"),
        (False, "integer"),
        (b"", "blob"),
        (b"\0a", "blob"),
        ("", "text"),
        (2**63 - 1, "integer"),
    ],
)
async def test_a_value_is_kept_as_it_is(sqlite_shop: Shop, value: object, kind: str) -> None:
    """The adapters are there for speed alone."""
    row = raw_of(sqlite_shop).execute("SELECT ?, typeof(?)", (value, value)).fetchone()

    assert row == (value, kind)
