"""`prepaid worker`: the background work without the API, on PostgreSQL only."""

import asyncio
import os
import signal
import subprocess
import sys
import time

from prepaid.domain.ids import AccountId
from tests.kit.prompt import prepaid
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY, opened

PATIENCE_S = 30


def test_a_worker_beside_a_sqlite_file_is_refused(migrated_sqlite_url: str) -> None:
    result = prepaid(migrated_sqlite_url, "worker", code=1)

    assert "PREPAID_DATABASE_URL" in result.stderr


def test_a_worker_does_what_is_due_and_stops_when_told(migrated_postgres_url: str) -> None:
    """A hold of an idle account, whose time is over, is given back by nobody else."""
    account = asyncio.run(held(migrated_postgres_url))
    worker = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "worker"],
        env=os.environ
        | {
            "PREPAID_DATABASE_URL": migrated_postgres_url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
        },
        stdout=subprocess.PIPE,
    )
    try:
        status = asyncio.run(ended(migrated_postgres_url, account))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE_S) == 0
    finally:
        worker.kill()
        worker.communicate()

    assert status == "expired"


async def held(url: str) -> AccountId:
    """An account with a hold that is over by its clock."""
    async with opened(url) as shop:
        account = await shop.account()
        await shop.reserve(account)
        await shop.later(account, 1_000)
        return account


async def ended(url: str, account: AccountId) -> str:
    """The hold's state once it is no more held."""
    async with opened(url) as shop:
        deadline = time.monotonic() + PATIENCE_S
        status = "held"
        query = f"SELECT status FROM charge WHERE account_id = {account}"
        while status == "held" and time.monotonic() < deadline:
            status = await shop.desk.vault.read(lambda c: c.exec_driver_sql(query).scalar_one())
        return status
