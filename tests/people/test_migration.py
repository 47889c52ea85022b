"""Admins that were named before people could sign in may sign in."""

import asyncio
import json

import pytest

from prepaid.domain.ids import AccountId
from prepaid.flows import signing_in
from prepaid.store import migrate
from prepaid.store.vault import Connection, open_database
from tests.people.office import ADA, BOB, opened

ACCOUNTS = 2_500  # more than the migration reads at once
CHAIN = {"sqlite": "x''", "postgresql": "''::bytea"}


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database as it was before."""
    migrate.upgrade(empty_url, "0003")
    return empty_url


def add(connection: Connection, account: AccountId, *admins: str) -> None:
    """An account as it was kept then."""
    connection.exec_driver_sql(
        "INSERT INTO account (id, name, admins, currency, sandbox, created_at, updated_at, chain)"
        f" VALUES ({account}, 'A{account}', '{json.dumps(admins)}', 'EUR', false, 0, 0,"
        f" {CHAIN[connection.dialect.name]})"
    )


async def test_admins_of_accounts_that_were_there_may_sign_in(old_url: str) -> None:
    def fill(connection: Connection) -> None:
        for account in range(1, ACCOUNTS):
            add(connection, account * 7, f"ops{account}@example.com")
        add(connection, ACCOUNTS * 7, "Ada@Example.com", "ada@example.com", BOB)

    database = open_database(old_url)
    await database.write(fill)
    await database.close()
    await asyncio.to_thread(migrate.upgrade, old_url)

    async with opened(old_url) as house:
        (counted,) = await house.office.rows("SELECT count(*) FROM account_admin")
        session = await house.sign_in(ADA)
        seen = await signing_in.accounts_of(house.desk, session)
        last = await house.sign_in(f"ops{ACCOUNTS - 1}@example.com")

    assert counted == (ACCOUNTS + 1,)
    assert [one.id for one in seen] == [ACCOUNTS * 7]
    assert last.email == f"ops{ACCOUNTS - 1}@example.com"
