"""`prepaid usage report`: the account's own report, for people and for programs."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.kit.prompt import new_account, prepaid

LOG = """\
occurredAt,workspace,sku,credits
{0}-01T10:00:00Z,,page,0.5
{0}-01T23:59:59.999999Z,,report,1
{0}-02T00:00:00Z,acme,page,0.000001
"""


@pytest.fixture
def ada(migrated_sqlite_url: str, tmp_path: Path) -> str:
    ada = new_account(migrated_sqlite_url)
    log = tmp_path / "log.csv"
    log.write_text(LOG.format(month()))
    words = ("usage", "import", log, "--account", ada, "--create-workspaces")
    prepaid(migrated_sqlite_url, *words)
    return ada


def month() -> str:
    """A month that is over."""
    first = datetime.now(UTC).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")


def report(url: str, account: str, *words: str) -> list[list[str]]:
    result = prepaid(url, "usage", "report", "--account", account, *words)
    return [line.split() for line in result.stdout.splitlines() if line.strip()][2:]


def test_the_table_has_every_line_and_sums(migrated_sqlite_url: str, ada: str) -> None:
    assert report(migrated_sqlite_url, ada) == [
        ["default", "page", "1", "0.5"],
        ["default", "report", "1", "1"],
        ["default", "all", "2", "1.5"],
        ["acme", "page", "1", "0.000001"],
        ["all", "all", "3", "1.500001"],
    ]


def test_days_are_whole_and_both_included(migrated_sqlite_url: str, ada: str) -> None:
    day = f"{month()}-01"

    assert report(migrated_sqlite_url, ada, "--from", day, "--to", day)[-1][2:] == ["2", "1.5"]
    assert report(migrated_sqlite_url, ada, "--to", f"{day}T12:00:00Z")[-1][2:] == ["1", "0.5"]
    assert report(migrated_sqlite_url, ada, "--workspace", "acme")[-1][2:] == ["1", "0.000001"]


def test_csv_is_a_line_per_workspace_and_sku(migrated_sqlite_url: str, ada: str) -> None:
    result = prepaid(migrated_sqlite_url, "usage", "report", "--account", ada, "--csv")

    assert result.stdout.splitlines() == [
        "workspace,legalName,sku,count,credits",
        "default,Ada,page,1,0.5",
        "default,Ada,report,1,1",
        "acme,acme,page,1,0.000001",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "yesterday"), "startDate"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "startDate"),
        (("--workspace", "nobody"), "nobody"),
        (("--csv", "--json"), "both"),
    ],
)
def test_wrong_input_is_told_in_a_line(
    migrated_sqlite_url: str, ada: str, words: tuple[str, ...], says: str
) -> None:
    result = prepaid(migrated_sqlite_url, "usage", "report", "--account", ada, *words, code=1)

    assert says in result.stderr


def exported(url: str, account: str, *words: object) -> list[dict[str, str]]:
    result = prepaid(url, "usage", "export", "--account", account, *words)
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_export_writes_every_charge(database_url: str, tmp_path: Path) -> None:
    """The lines of a report, down to the charge; beside whoever serves, since it only reads."""
    ada, log, out = new_account(database_url), tmp_path / "log.csv", tmp_path / "charges.csv"
    log.write_text(LOG.format(month()))
    prepaid(database_url, "usage", "import", log, "--account", ada, "--create-workspaces")
    all_of_them = exported(database_url, ada)

    assert [one["credits"] for one in all_of_them] == ["0.000001", "1", "0.5"]
    assert exported(database_url, ada, "--sku", "page", "--workspace", "acme") == all_of_them[:1]
    assert exported(database_url, ada, "--to", f"{month()}-01") == all_of_them[1:]
    said = prepaid(database_url, "usage", "export", "--account", ada, "--out", out).stdout
    assert "3 charges written" in said
    assert list(csv.DictReader(io.StringIO(out.read_text()))) == all_of_them
    assert [one.name for one in tmp_path.iterdir() if "charges" in one.name] == ["charges.csv"]


def test_export_says_what_it_cannot_find(migrated_sqlite_url: str, ada: str) -> None:
    def said(*words: str) -> str:
        return prepaid(migrated_sqlite_url, "usage", "export", *words, code=1).stderr

    assert "no account id" in said("--account", "ada")
    assert "does not exist" in said("--account", "acc_0000000000000001")
    assert "never had a workspace" in said("--account", ada, "--workspace", "rome")
    assert "startDate" in said("--account", ada, "--from", "yesterday")
