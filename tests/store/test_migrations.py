"""Migrations make the tables of the code, on both databases, once and again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pysqlite3 import dbapi2

from prepaid.store import tables
from prepaid.store.locations import sqlite_path
from prepaid.store.migrate import differences, upgrade
from tests import postgres


def run(url: str, statement: str) -> None:
    """One statement, on either database."""
    path = sqlite_path(url)
    if path is None:
        postgres.run(url, statement)
        return
    connection = dbapi2.connect(str(path))
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_from_nothing_to_the_tables_of_the_code(empty_url: str) -> None:
    upgrade(empty_url)

    assert differences(empty_url) is None


def test_upgrading_again_changes_nothing(empty_url: str) -> None:
    """Every start of the service does it."""
    upgrade(empty_url)
    run(empty_url, "UPDATE price_list SET epoch = 77")
    upgrade(empty_url)
    run(empty_url, "INSERT INTO price VALUES ('a', 1, 'request', '')")
    upgrade(empty_url)

    assert differences(empty_url) is None


@pytest.mark.parametrize("missing", ["usage", "spend_window"])
def test_a_table_that_is_missing_is_a_difference(empty_url: str, missing: str) -> None:
    """Else the checks above would say nothing."""
    upgrade(empty_url)
    run(empty_url, f"DROP TABLE {missing}")
    found = differences(empty_url)

    assert found is not None
    assert missing in found
    assert missing in tables.metadata.tables


def test_a_column_that_is_too_much_is_a_difference(empty_url: str) -> None:
    upgrade(empty_url)
    run(empty_url, "ALTER TABLE charge ADD COLUMN colour TEXT")

    assert "colour" in str(differences(empty_url))


def test_two_processes_that_start_at_once_migrate_one_after_the_other(postgres_url: str) -> None:
    """`serve --workers` and several machines begin with the same step."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(upgrade, postgres_url) for _ in range(4)]:
            done.result()

    assert differences(postgres_url) is None
