"""`prepaid prices`: single prices, whole files, and own prices of an account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.prompt import answer, new_account, prepaid

LIST = "sku,credits,unit,description\npage,0.000001,page,One page\nreport,2.5,request,\n"


def test_a_list_survives_both_kinds_of_file(database_url: str, tmp_path: Path) -> None:
    """What is exported is what is loaded, to the micro-credit."""
    first = tmp_path / "first.csv"
    first.write_text(LIST)
    loaded = prepaid(database_url, "prices", "load", first).stdout
    before = answer(database_url, "prices", "list")
    for name in ("second.json", "third.csv"):
        prepaid(database_url, "prices", "export", tmp_path / name)
        again = prepaid(database_url, "prices", "load", tmp_path / name).stdout
        assert "0 added, 0 changed, 0 removed" in again

    assert "2 prices: 2 added" in loaded
    assert answer(database_url, "prices", "list") == before
    assert (tmp_path / "third.csv").read_text() == LIST


def test_one_price_is_set_changed_and_removed(migrated_sqlite_url: str) -> None:
    url = migrated_sqlite_url
    prepaid(url, "prices", "set", "report", "2", "--unit", "page", "--description", "A report")
    prepaid(url, "prices", "set", "report", "0.5")
    prepaid(url, "prices", "set", "other", "0")
    (other, report) = answer(url, "prices", "list")
    prepaid(url, "prices", "remove", "other")

    assert (other["sku"], other["credits"]) == ("other", 0)
    assert report == {"sku": "report", "credits": 0.5, "unit": "page", "description": "A report"}
    assert [price["sku"] for price in answer(url, "prices", "list")] == ["report"]
    assert "has no price" in prepaid(url, "prices", "remove", "other", code=1).stderr


def test_two_operators_at_once_lose_no_price(migrated_postgres_url: str) -> None:
    """The command changes the whole list, so it must see what another has changed meanwhile."""
    skus = [f"sku-{n}" for n in range(4)]
    words = [sys.executable, "-m", "prepaid", "prices", "set"]
    environment = os.environ | {"PREPAID_DATABASE_URL": migrated_postgres_url}
    operators = [subprocess.Popen([*words, sku, "1"], env=environment) for sku in skus]
    assert [operator.wait(60) for operator in operators] == [0, 0, 0, 0]

    assert [price["sku"] for price in answer(migrated_postgres_url, "prices", "list")] == skus


def test_own_prices_stand_beside_the_list(migrated_sqlite_url: str) -> None:
    url, ada = migrated_sqlite_url, new_account(migrated_sqlite_url)
    prepaid(url, "prices", "set", "report", "2")
    prepaid(url, "prices", "set", "report", "1.5", "--account", ada)

    assert answer(url, "prices", "list")[0]["credits"] == 2
    assert answer(url, "prices", "list", "--account", ada)[0]["credits"] == 1.5
    assert "1.5" in prepaid(url, "prices", "list", "--account", ada).stdout
    assert '"credits": 1.5' in prepaid(url, "prices", "export", "--account", ada).stdout


WRONG = [
    ("list.txt", "x", "must end in"),
    ("list.json", "{", "is no JSON"),
    ("list.json", '{"price": []}', "must be a list"),
    ("list.json", '[{"sku": "a", "credits": NaN}]', "credits a number"),
    ("list.json", '[{"sku": "a", "credits": "much"}]', "must be a number"),
    ("list.json", '[{"sku": "a", "credits": 1}, {"sku": "a", "credits": 2}]', "twice"),
    ("list.csv", "sku,credits\nreport\n", "line 2"),
    ("list.csv", "sku,price\nreport,1\n", "line 2"),
    ("list.csv", "sku,credits\nreport,-1\n", "must not be negative"),
    ("list.csv", "sku,credits\nreport,0.0000001\n", "decimals"),
    ("list.csv", 'sku,credits\n"report,1\n', "end of data"),
]


@pytest.mark.parametrize(("name", "text", "says"), WRONG)
def test_a_wrong_file_changes_nothing(
    migrated_sqlite_url: str, tmp_path: Path, name: str, text: str, says: str
) -> None:
    prepaid(migrated_sqlite_url, "prices", "set", "report", "2")
    (tmp_path / name).write_text(text)
    result = prepaid(migrated_sqlite_url, "prices", "load", tmp_path / name, code=1)

    assert says in result.stderr
    assert [price["sku"] for price in answer(migrated_sqlite_url, "prices", "list")] == ["report"]


def test_a_file_that_is_not_there_is_named(migrated_sqlite_url: str, tmp_path: Path) -> None:
    for words in (("load", tmp_path / "no.csv"), ("export", tmp_path / "no" / "no.csv")):
        result = prepaid(migrated_sqlite_url, "prices", *words, code=1)
        assert "no.csv" in result.stderr


@pytest.mark.parametrize(("sku", "amount"), [("bad sku", "1"), ("a", "-1"), ("a", "x"), ("a", "")])
def test_a_wrong_price_is_told_in_a_line(migrated_sqlite_url: str, sku: str, amount: str) -> None:
    result = prepaid(migrated_sqlite_url, "prices", "set", sku, amount, code=1)

    assert "must" in result.stderr
