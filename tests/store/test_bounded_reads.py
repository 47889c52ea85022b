"""Lists, reports and the walks of housekeeping read by an index, never a whole account.

With few rows nobody notices; so the plans are looked at, not the time.
"""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import DAY
from prepaid.store import charge_lists, pruning, usage
from prepaid.store.charge_lists import Place, Wanted
from prepaid.store.pruning import Scope
from tests.kit.plans import plans_of
from tests.kit.shop import opened

WANTED = Wanted(5 * DAY, 9 * DAY, workspaces=(1, 2), sku="report", statuses=("held", "settled"))
HALF = DAY // 2
# `account_id=?` alone is a whole account; with a range or a place behind it, it is a part.
WHOLE = ("SCAN ", "(account_id=?)")
CTE = "SCAN each"  # of rows that were looked up by themselves
# The newest entry or row, found from the end: a single row.
ONE_ROW = "ORDER BY ledger_entry.seq DESC"

READS: dict[str, Callable[[Connection, AccountId], object]] = {
    "charges": lambda c, a: charge_lists.step(c, a, WANTED, Place(8 * DAY, 7), 10),
    "report": lambda c, a: usage.report(c, a, 5 * DAY + HALF, 9 * DAY + HALF, 9),
    "report by month": lambda c, a: usage.report(c, a, 5 * DAY + HALF, 90 * DAY + HALF, 90, "m"),
    "old spend": lambda c, a: pruning.drop_spend(c, Scope(a, 0)),
    "scopes": lambda c, a: pruning.scopes(c, (a, 0)),
}


@pytest.mark.parametrize("name", READS)
async def test_it_reads_a_part(migrated_sqlite_url: str, name: str) -> None:
    async with opened(migrated_sqlite_url) as shop:
        ada = await shop.account()
        await shop.reserve(ada)
    read = READS[name]
    plans = [
        (text, plan)
        for text, plan in plans_of(migrated_sqlite_url, lambda c: read(c, ada))
        if ONE_ROW not in text
    ]

    assert plans
    wrong = [
        (text, plan)
        for text, plan in plans
        if plan.startswith(WHOLE[0]) or plan.endswith(WHOLE[1])
        if "CONSTANT ROW" not in plan and " account " not in plan
        if plan != CTE
    ]
    assert wrong == []
