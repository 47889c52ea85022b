"""Closing a month: once, by one of many, whatever happens at the same moment; then never again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from prepaid.domain.ids import AccountId
from prepaid.flows.desk import Desk
from prepaid.flows.statements import closing as statement_closing
from prepaid.flows.statements import pages as statement_pages
from prepaid.flows.statements import runs as statement_runs
from prepaid.flows.statements import statement as statements
from prepaid.store.vault import Connection, open_database
from tests.kit.door import Customer
from tests.simulation.clocked import vault
from tests.statements.office import Office, at, items, month, number, set_up

OCTOBER = 2026 * 12 + 9


@pytest.fixture
async def desks(migrated_postgres_url: str) -> AsyncIterator[tuple[Office, list[Desk]]]:
    """An office, and two processes' worth of desks on its database."""
    from tests.statements.conftest import opened  # noqa: PLC0415 - made by the fixtures' own file

    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(opened(migrated_postgres_url))
        other = vault(open_database(migrated_postgres_url), office.hand)
        other.start()
        stack.push_async_callback(other.stop)
        second = Desk(other, office.desk.clock, office.desk.token)
        yield office, [office.desk, second]


def run(query: str, connection: Connection) -> None:
    connection.execute(text(query))


async def count(desk: Desk, query: str, account: AccountId) -> int:
    found: int = await desk.vault.read(
        lambda c: c.execute(text(query), {"a": account}).scalar_one()
    )
    return found


async def crowd(desks: list[Desk], account: AccountId) -> list[int]:
    """Everybody closes at once; how many months each has closed."""
    return await asyncio.gather(
        *(statement_closing.close(desks[n % 2], account) for n in range(16))
    )


async def ready(office: Office) -> Customer:
    """An account with a month that is over and that nobody has looked at."""
    ada = await office.customer(admins=["ada@shop.example"])
    await set_up(ada, automatic=True)
    await office.charge(ada)
    office.go_to("2026-11-02")
    return ada


async def test_sixteen_who_look_at_once_close_a_month_once(
    desks: tuple[Office, list[Desk]],
) -> None:
    office, both = desks
    ada = await ready(office)
    done = await crowd(both, number(ada))

    assert sorted(done) == [0] * 15 + [1]
    assert [one["number"] for one in await month(ada, "2026-10")] == [
        "S-000001",
        "S-000002",
        "S-000003",
    ]


async def test_two_workers_tell_once(desks: tuple[Office, list[Desk]]) -> None:
    office, both = desks
    ada = await ready(office)
    await asyncio.gather(*(statement_runs.run(both[n % 2]) for n in range(8)))

    query = "SELECT count(*) FROM message WHERE account_id = :a"
    assert await count(office.desk, query, number(ada)) == 1


async def test_a_refund_beside_the_closing_is_on_exactly_one_statement(office: Office) -> None:
    """Before it or after it, but neither on both nor on none."""
    ada = await office.customer()
    charges = [await office.charge(ada) for _ in range(12)]
    office.go_to("2026-11-01 00:00:01")
    work = [office.end(charge, "refund", credits=0.5) for charge in charges]
    await asyncio.gather(*work[:6], statement_closing.close(office.desk, number(ada)), *work[6:])
    office.go_to("2026-12-01")
    told = [
        line
        for name in ("2026-10", "2026-11")
        for statement in await month(ada, name)
        for line in items(statement)
    ]

    assert sum(line[3] for line in told) == 12 * 1.5
    assert sum(line[2] for line in told) == 12
    assert {line[0] for line in told} == {"2026-10"}


@pytest.mark.parametrize("table", ["statement", "statement_line", "statement_month"])
@pytest.mark.parametrize(
    "change",
    ["UPDATE {table} SET month = month + 1", "DELETE FROM {table}"],
    ids=["move", "delete"],
)
async def test_the_database_refuses_to_change_what_is_final(
    office: Office, table: str, change: str
) -> None:
    ada = await ready(office)
    before = await month(ada, "2026-10")

    with pytest.raises(DBAPIError, match="append-only"):
        await office.desk.vault.write(partial(run, change.format(table=table)))
    assert await month(ada, "2026-10") == before


async def test_the_database_refuses_a_month_or_a_number_twice(office: Office) -> None:
    """Even if two closings could meet, one of them would fail as a whole."""
    ada = await ready(office)
    await month(ada, "2026-10")
    for again in (
        "INSERT INTO statement_month SELECT * FROM statement_month",
        "INSERT INTO statement SELECT account_id, month, 77, number, body FROM statement",
    ):
        with pytest.raises(DBAPIError, match=r"(?i)unique"):
            await office.desk.vault.write(partial(run, again))


async def test_a_closing_that_breaks_off_leaves_nothing(office: Office) -> None:
    """Statements, lines, numbers, event and mail are one transaction."""
    ada = await ready(office)
    await office.desk.vault.write(lambda c: c.execute(text("DROP TABLE mail")))
    with pytest.raises(DBAPIError):
        await statement_closing.close(office.desk, number(ada))

    for table in ("statement", "statement_line", "statement_month", "message"):
        query = f"SELECT count(*) FROM {table} WHERE account_id = :a"
        assert await count(office.desk, query, number(ada)) == 0


async def test_one_call_closes_a_bounded_number_of_months(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_closing, "MONTHS_AT_ONCE", 3)
    ada = await office.customer()
    office.hand.now = at("2027-03-02")
    first = await statement_closing.close(office.desk, number(ada))
    rest = await statement_closing.close(office.desk, number(ada))

    assert (first, rest) == (3, 2)


async def test_nothing_is_closed_beyond_what_was_asked_for(office: Office) -> None:
    ada = await office.customer()
    office.go_to("2027-01-02")
    done = await statement_closing.close(office.desk, number(ada), OCTOBER)

    assert done == 1
    assert await statement_closing.close(office.desk, number(ada)) == 2


@pytest.mark.parametrize("is_final", [False, True])
async def test_pages_of_a_month_together_are_the_month(office: Office, *, is_final: bool) -> None:
    """A page makes its own statements only, so that a thousand clients do not slow it down."""
    ada = await office.customer()
    for place in ("paris", "berlin", None):
        await office.charge(ada, workspace=place)
    account, october = number(ada), OCTOBER
    if is_final:
        office.go_to("2026-11-02")
    every = await statements.of_month(office.desk, account, october)
    shown: list[statements.Sheet] = []
    for skip in range(0, 6, 2):
        listed = await statement_pages.of_month(office.desk, account, october, skip, 2)
        assert listed.found == len(every) > 2
        shown += listed.sheets

    assert shown == every
    assert all((sheet.why_draft is None) == is_final for sheet in shown)
