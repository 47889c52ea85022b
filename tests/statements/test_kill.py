"""`kill -9` of a process that closes months: what it has closed stays, the rest is as before."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from prepaid.flows.statements import closing as statement_closing
from tests.statements.closing import STEPS
from tests.statements.conftest import opened
from tests.statements.office import Office, at, number, set_up

ROOT = Path(__file__).parents[2]
MONTHS = (2024 * 12, 2024 * 12 + 1, 2024 * 12 + 2)


async def rows(office: Office, query: str) -> list[Any]:
    found: list[Any] = await office.desk.vault.read(lambda c: list(c.execute(text(query))))
    return found


@pytest.mark.parametrize("step", STEPS)
async def test_a_closing_that_is_killed_is_done_whole_or_not_at_all(
    database_url: str, step: str
) -> None:
    """Numbers have no gap, and nothing is billed or told twice or lost, wherever it ended."""
    async with opened(database_url) as office:
        office.hand.now = at("2024-01-20")
        ada = await office.customer(admins=["ada@shop.example"])
        account = number(ada)
        await set_up(ada, automatic=True)
        charges = []
        for day in ("2024-01-21", "2024-02-21", "2024-03-21"):
            office.go_to(day)
            charges.append(await office.charge(ada))
            await office.charge(ada, workspace=None, sku="page")
        await office.end(charges[-1], "refund", credits=0.5)
    command = [sys.executable, "-m", "tests.statements.closing", database_url, str(account), step]
    died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=False, timeout=60)

    assert died.returncode == -signal.SIGKILL
    async with opened(database_url) as office:
        office.hand.now = at("2024-04-02")
        closed = "SELECT month FROM statement_month ORDER BY month"
        count = 2 if step == "after commit" else 1
        assert [row.month for row in await rows(office, closed)] == [*MONTHS[:count]]
        assert await statement_closing.close(office.desk, account) == 3 - count
        numbers = await rows(office, "SELECT number, month FROM statement ORDER BY number")
        assert [row.number for row in numbers] == list(range(1, 13))
        assert [row.month for row in numbers] == sorted(MONTHS * 4)
        lines = "SELECT origin, sku, sum(count) AS n, sum(micros) AS micros FROM statement_line"
        billed = await rows(office, f"{lines} GROUP BY origin, sku ORDER BY origin, sku")
        assert [(row.origin, row.sku, int(row.n), int(row.micros)) for row in billed] == [
            (month, sku, 1, micros)
            for month in MONTHS
            for sku, micros in (
                ("page", 10_000),
                ("report", 1_500_000 if month == MONTHS[2] else 2_000_000),
            )
        ]
        for told in ("message", "mail"):
            kind = {"message": "event_type", "mail": "kind"}[told]
            query = f"SELECT count(*) AS n FROM {told} WHERE {kind} = 'billing.statement.ready'"
            assert (await rows(office, query))[0].n == 3
