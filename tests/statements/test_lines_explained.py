"""Every line of every statement is explained by its charges, and every charge by its lines."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from prepaid.domain.ids import Owned
from prepaid.domain.instants import DAY
from prepaid.domain.statements.statement import Line, Statement
from prepaid.flows.statements import charges as statement_charges
from prepaid.flows.statements.statement import MonthView, number_of
from prepaid.store import charge_lists
from prepaid.store import tables as t
from tests.kit.door import Customer, code, exact, fields
from tests.statements.office import STATEMENTS, Office, by_place, good, month, number, set_up
from tests.statements.test_statements_are_ledger import STEPS, ZONES, Life

FEW = 3  # numbers that a step looks through, so that short lives have many steps


@contextmanager
def short_steps() -> Iterator[None]:
    """A step sees little, as with millions of charges."""
    before, charge_lists.SPAN = charge_lists.SPAN, FEW
    try:
        yield
    finally:
        charge_lists.SPAN = before


class Explained(Life):
    """A life whose statements are explained each time that somebody looks."""

    async def check(self) -> tuple[list[MonthView], list[Statement]]:
        """The charges behind each line come to the line; all of a charge's shares to the charge."""
        months, found = await super().check()
        shares: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for made in found:
            for line in made.lines:
                await self._explain(made, line, shares)
        c = t.charge.c
        query = select(c.seq, c.status, c.amount).where(c.account_id == number(self.ada))
        rows = await self.office.desk.vault.read(lambda one: list(one.execute(query)))
        for seq, status, amount in rows:
            assert shares[seq] == [status in ("held", "settled"), amount]
        return months, found

    async def _explain(self, made: Statement, line: Line, shares: dict[int, list[int]]) -> None:
        desk, place = self.office.desk, Owned(made.account, number_of(made))
        behind = await statement_charges.behind(desk, place, line.sku, line.origin)
        told = [0, 0]
        async for part in statement_charges.stream(desk.vault, behind):
            for share in part:
                for sums in (told, shares[share.tagged.charge.seq]):
                    sums[0] += share.used.count
                    sums[1] += share.used.micros
        assert told == [line.count, line.micros]


@pytest.mark.timeout(420)  # a failure is made smaller before it is shown, which takes its time
@given(steps=STEPS, zone=st.sampled_from(ZONES))
@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_charges_behind_each_line_come_to_the_line(
    office: Office, steps: list[tuple[str, int, int]], zone: str
) -> None:
    office.hand.now += 400 * DAY  # nothing is left of the life before
    life = Explained(office, await office.customer(), zone)
    tax = {"label": "VAT", "ratePercent": 20}
    await set_up(life.ada, timeZone=zone, tax=tax)
    with short_steps():
        for step in steps:
            await life.step(*step)
        for _ in range(2):
            await life.check()
            office.hand.now += 62 * DAY  # every month of before is final now


async def behind(ada: Customer, statement: Any, limit: int = 50, **line: str) -> list[Any]:
    """The charges behind a line: id, count and credits, page by page."""
    found: list[Any] = []
    params = {"sku": "report", "limit": str(limit)} | line
    while True:
        path = f"{STATEMENTS}/{statement['id']}/charges"
        page = exact(await good(ada.ask("GET", path, params=params)))
        assert len(page["data"]) <= limit
        found += [(one["id"], one["lineCount"], one["lineCredits"]) for one in page["data"]]
        if page["nextCursor"] is None:
            return found
        params["cursor"] = page["nextCursor"]


async def paris(ada: Customer, name: str) -> Any:
    """The statement of one client."""
    return by_place(await month(ada, name))["paris"]


async def two_months(office: Office) -> tuple[Customer, dict[str, str]]:
    """October is final; since then a refund, a late settle, an import, and a refund too late."""
    ada = await office.customer()
    made = {name: await office.charge(ada) for name in ("kept", "early", "refunded", "later")}
    await office.charge(ada, workspace="berlin")
    await office.charge(ada, sku="page")
    await office.end(made["early"], "refund", credits=0.75)
    office.go_to("2026-10-31 23:59")
    made["late"] = await office.charge(ada, settle=False, ttlSeconds=60)
    made["released"] = await office.charge(ada, settle=False, ttlSeconds=60)
    await office.end(made["released"], "release")
    office.go_to("2026-11-02")
    await month(ada, "2026-10")
    await office.end(made["refunded"], "refund", credits=0.5)
    await office.end(made["refunded"], "refund", credits=0.25)
    await office.end(made["late"], "settle", credits=7)
    told = await office.door.import_usage(ada, "2026-10-30T00:00:00Z", workspace="paris")
    made["import"] = told["body"]["id"]
    made["november"] = await office.charge(ada)
    office.go_to("2026-12-02")
    await month(ada, "2026-11")
    await office.end(made["later"], "refund")
    return ada, made


async def test_a_final_statement_keeps_its_charges_whatever_comes_after(office: Office) -> None:
    """What was refunded, settled and imported since is told as it was billed."""
    ada, made = await two_months(office)
    october = await behind(ada, await paris(ada, "2026-10"))

    assert {one[0]: one[1:] for one in october} == {
        made["kept"]: (1, 2),
        made["early"]: (1, 1.25),
        made["refunded"]: (1, 2),
        made["later"]: (1, 2),
    }


async def test_a_correction_is_the_charges_that_changed_and_by_how_much(office: Office) -> None:
    ada, made = await two_months(office)
    november, december = await paris(ada, "2026-11"), await paris(ada, "2026-12")
    corrected = await behind(ada, november, month="2026-10")
    later = await behind(ada, december, month="2026-10")

    assert {one[0]: one[1:] for one in corrected} == {
        made["refunded"]: (0, -0.75),
        made["late"]: (1, 7),
        made["import"]: (1, 2),
    }
    assert later == [(made["later"], 0, -2)]
    assert await behind(ada, november) == [(made["november"], 1, 2)]


async def test_pages_of_one_and_the_file_are_the_whole_list(office: Office) -> None:
    ada, _ = await two_months(office)
    october = await paris(ada, "2026-10")
    whole = await behind(ada, october)
    with short_steps():
        pages = await behind(ada, october, limit=1)
    path = f"{STATEMENTS}/{october['id']}/charges"
    headers = {"x-api-key": ada.key, "accept": "text/csv"}
    answer = await ada.client.get(path, headers=headers, params={"sku": "report"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))

    assert pages == whole
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [(row["id"], int(row["lineCount"]), float(row["lineCredits"])) for row in rows] == [
        (one, count, float(credits)) for one, count, credits in whole
    ]


async def test_a_line_that_cannot_be_is_refused_by_name(lite_office: Office) -> None:
    ada, bob = await lite_office.customer(), await lite_office.customer()
    path = f"{STATEMENTS}/{(await paris(ada, '2026-10'))['id']}/charges"
    ahead = await ada.ask("GET", path, params={"sku": "report", "month": "2026-11"})
    nothing = await ada.ask("GET", path, params={"month": "2026-10"})
    stranger = await bob.ask("GET", path, params={"sku": "report"})
    file = await ada.client.get(
        path,
        headers={"x-api-key": ada.key, "accept": "text/csv"},
        params={"sku": "report", "limit": "5"},
    )

    assert (code(ahead), fields(ahead)) == ("invalid_request", ["month"])
    assert (code(nothing), fields(nothing)) == ("invalid_request", ["sku"])
    assert code(stranger) == "not_found"
    assert (code(file), fields(file)) == ("invalid_request", ["limit"])


async def test_refunds_are_found_by_their_charges(lite_office: Office) -> None:
    """Else each page would read the whole ledger; SQLite is easily led to it."""
    query = (
        "EXPLAIN QUERY PLAN SELECT charge, seq, amount FROM ledger_entry"
        " WHERE account_id = :a AND ledger_entry.kind = 'refund' AND charge IN (1, 2, 3)"
    )
    plan = await lite_office.desk.vault.read(
        lambda c: [row[3] for row in c.execute(text(query), {"a": 1})]
    )

    assert len(plan) == 1
    assert "ix_ledger_entry_refunds (account_id=? AND charge=?" in plan[0]
