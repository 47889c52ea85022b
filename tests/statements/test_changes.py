"""What changed since a closing is found by what it is, not by reading all there was."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from prepaid.flows.statements import closing as statement_closing
from prepaid.store import usage
from prepaid.store.statements import changes as statement_changes
from prepaid.store.vault import Connection
from tests.kit.door import Customer
from tests.statements.office import Office, items, month, number, set_up


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The times whose usage was read."""
    seen: list[tuple[int, int]] = []
    report = usage.report

    def watched(connection: Connection, account: int, start: int, end: int, today: int) -> Any:
        seen.append((start, end))
        return report(connection, account, start, end, today)

    monkeypatch.setattr(usage, "report", watched)
    return seen


async def year(office: Office) -> tuple[Customer, list[str]]:
    """An account with five months that are closed, and a charge in each."""
    ada, charges = await office.customer(), []
    for day in ("2026-10-20", "2026-11-20", "2026-12-20", "2027-01-20", "2027-02-20"):
        office.go_to(day)
        charges.append(await office.charge(ada))
    office.go_to("2027-03-20")
    await statement_closing.close(office.desk, number(ada))
    return ada, charges


async def test_a_closing_reads_its_own_month_once(
    office: Office, reports: list[tuple[int, int]]
) -> None:
    """However many months there were, if nothing of them has changed."""
    ada, _ = await year(office)
    await office.charge(ada)
    office.go_to("2027-04-01")
    reports.clear()
    assert await statement_closing.close(office.desk, number(ada)) == 1

    assert len(reports) == 1


async def test_a_closing_reads_the_months_that_changed(
    office: Office, reports: list[tuple[int, int]]
) -> None:
    ada, charges = await year(office)
    await office.end(charges[1], "refund", credits=0.5)
    await office.door.import_usage(ada, "2026-12-24T00:00:00Z", sku="page", workspace="paris")
    office.go_to("2027-04-01")
    reports.clear()
    assert await statement_closing.close(office.desk, number(ada)) == 1
    assert len(reports) == 3
    told = [line for one in await month(ada, "2027-03") for line in items(one)]

    assert [(line[0], line[1], line[2]) for line in told] == [
        ("2026-12", "page", 1),
        ("2026-11", "report", 0),
    ]


@pytest.mark.parametrize("change", ["refund", "import", "back", "zone"])
async def test_what_changes_between_the_reading_and_the_lock_is_on_the_statement(
    office: Office, change: str
) -> None:
    """What was read before the lock counts only if it still is so under it."""
    ada = await office.customer()
    charge = await office.charge(ada)
    office.go_to("2026-11-01 00:00:01")
    write = office.desk.vault.write
    waiting = asyncio.Event()

    async def late(function: Any, **options: Any) -> Any:
        office.desk.vault.write = write  # type: ignore[method-assign]
        if change == "refund":
            await office.end(charge, "refund", credits=0.5)
        elif change == "import":
            await office.door.import_usage(
                ada, "2026-10-24T00:00:00Z", sku="report", workspace="paris"
            )
        elif change == "zone":
            await set_up(ada, timeZone="Asia/Kathmandu")
        else:
            office.hand.now -= 3_000_000
            await office.charge(ada)
            office.hand.now += 3_000_000
        waiting.set()
        return await write(function, **options)

    office.desk.vault.write = late  # type: ignore[method-assign]
    done = await statement_closing.close(office.desk, number(ada))
    october = await month(ada, "2026-10")
    told = [line for one in october for line in items(one)]

    assert waiting.is_set()
    assert done == 1
    ends = "2026-10-31T18:15:00.000Z" if change == "zone" else "2026-11-01T00:00:00.000Z"
    assert {one["periodEnd"] for one in october} == {ends}
    expected = {"refund": (1, 1.5), "import": (2, 4), "back": (2, 4), "zone": (1, 2)}[change]
    assert [line[2:] for line in told] == [expected]


async def test_a_charge_by_a_clock_that_went_back_is_billed_later(office: Office) -> None:
    """Its month is closed, so it is a correction."""
    ada = await office.customer()
    office.go_to("2026-11-01 00:00:01")
    await statement_closing.close(office.desk, number(ada))
    office.hand.now -= 3_000_000
    await office.charge(ada)
    office.go_to("2026-12-01")
    told = [line for one in await month(ada, "2026-11") for line in items(one)]

    assert told == [("2026-10", "report", 1, 2)]


async def test_the_marks_of_change_are_found_by_their_indexes(lite_office: Office) -> None:
    """Else each closing would walk through all charges."""
    ada, _ = await year(lite_office)

    def plans(connection: Connection) -> list[str]:
        asked: list[tuple[str, Any]] = []

        def keep(_c: object, _k: object, statement: str, values: Any, *_rest: object) -> None:
            asked.append((statement, values))

        event.listen(connection, "before_cursor_execute", keep)
        mark = statement_changes.Mark(0, 0)
        list(statement_changes.since(connection, number(ada), mark, 2**60))
        event.remove(connection, "before_cursor_execute", keep)
        return [
            " ".join(
                row[3]
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            )
            for statement, values in asked[:3]
        ]

    refunds, settles, imports = await lite_office.desk.vault.read(plans)
    assert "ix_ledger_entry_refund_seq" in refunds
    assert "ix_charge_late_settle" in settles
    assert "ix_charge_imported" in imports
