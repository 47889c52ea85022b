"""A version that meets the tables of a newer one says so, and leaves them alone."""

import asyncio

import pytest
from sqlalchemy import Connection

from prepaid.store import snapshots
from prepaid.store.vault import open_database
from tests.kit.prompt import prepaid

NEWER = "9999"


def of_a_newer_version(url: str) -> None:
    """Write into the database what a later migration would."""

    async def work() -> None:
        database = open_database(url, 1)
        statement = f"UPDATE alembic_version SET version_num = '{NEWER}'"
        await database.write(lambda connection: connection.exec_driver_sql(statement))
        await database.close()

    asyncio.run(work())


def revision(url: str) -> str | None:
    async def work() -> str | None:
        async with snapshots.opened(url) as database:
            return await database.read(told)

    def told(connection: Connection) -> str | None:
        return snapshots.revision(connection)

    return asyncio.run(work())


@pytest.mark.parametrize("words", [("serve",), ("migrate",), ("accounts", "list"), ("doctor",)])
def test_newer_tables_are_refused(database_url: str, words: tuple[str, ...]) -> None:
    """An old process that is started by mistake, or restarted in the midst of an upgrade."""
    of_a_newer_version(database_url)
    said = prepaid(database_url, *words, code=2 if words == ("doctor",) else 1).stderr

    assert NEWER in said
    assert revision(database_url) == NEWER


def test_newer_tables_are_copied(
    migrated_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The way back needs a backup, whichever version makes it."""
    of_a_newer_version(migrated_sqlite_url)
    copy = tmp_path_factory.mktemp("backups") / "copy.db"
    prepaid(migrated_sqlite_url, "backup", copy)

    assert revision(f"sqlite:///{copy}") == NEWER
