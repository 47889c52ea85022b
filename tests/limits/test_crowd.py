"""64 clients of the real service against a limit that allows exactly so many."""

import asyncio

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.flows import alerting
from prepaid.store.locations import sqlite_path
from tests.faults.clients import account_with, charge, operator
from tests.kit.server import served
from tests.kit.shop import opened
from tests.store.recount import recount

CLIENTS = 64
ALLOWED = 23
PRICE = 25  # cents


async def test_exactly_as_many_are_served_as_the_limit_allows(database_url: str) -> None:
    """Over HTTP, in two processes where the database is shared; told once, the ledger agrees."""
    workers = "1" if sqlite_path(database_url) else "2"
    with served(database_url, "--workers", workers) as server:
        async with operator(server, CLIENTS) as client:
            ada = await account_with(client, 100_000)
            # One cent short of one more.
            limit = {"cents": PRICE * (ALLOWED + 1) - 1, "period": "calendar_month"}
            body = {"name": "acme", "legalName": "Acme", "spendLimit": limit}
            place = f"/v2/operator/accounts/{ids.account(ada)}/workspaces"
            assert (await client.post(place, json=body)).status_code == 201
            answers = await asyncio.gather(
                *(
                    charge(client, ada, credits=PRICE / 100, settle=n % 2 == 0, workspace="acme")
                    for n in range(CLIENTS)
                )
            )
        server.stop()

    codes = sorted(
        "made" if one.status_code == 201 else one.json()["error"]["code"] for one in answers
    )
    assert codes == ["made"] * ALLOWED + ["workspace_limit_reached"] * (CLIENTS - ALLOWED)
    async with opened(database_url) as shop:
        kept = await recount(shop.desk.vault, ada)
        told = await alerting.recent(shop.desk, ada)
    assert kept.used == ALLOWED * PRICE * CENT
    assert len(kept.charges) == ALLOWED
    assert [one.notification.dedup_key.rpartition(":")[2] for one in told] == ["1"]
