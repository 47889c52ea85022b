"""`prepaid usage import`: what a log says is what is charged, to the micro-credit, once."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks import make_usage
from tests.kit.prompt import answer, new_account, prepaid

TODAY = datetime.now(UTC).replace(microsecond=0)
DAY = (TODAY - timedelta(days=3)).isoformat()
LATER = (TODAY + timedelta(days=1)).isoformat()
OLD = (TODAY - timedelta(days=401)).isoformat()


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    make_usage.write(tmp_path, seed=7, lines=300, days=90, end=TODAY)
    prepaid(database_url, "prices", "load", tmp_path / "prices.json")
    return database_url


@pytest.fixture
def ada(url: str) -> str:
    return new_account(url)


def charge(url: str, log: Path, account: str, *words: object, code: int = 0) -> list[int]:
    """Import; the numbers of the report: read, charged, already charged, refused."""
    result = prepaid(url, "usage", "import", log, "--account", account, *words, code=code)
    lines = result.stdout.splitlines()
    wanted = ("lines read", "charged", "already charged", "refused")
    return [
        int(line.removeprefix(name).replace(",", ""))
        for name in wanted
        for line in lines
        if line.startswith(f"{name}  ")
    ]


def used(url: str, account: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Requests and micro-credits by workspace and SKU, as the report says."""
    words = ("usage", "report", "--account", account, "--json")
    rows = json.loads(prepaid(url, *words).stdout, parse_float=Decimal)
    return {
        (row["workspace"]["name"], line["sku"]): (line["count"], int(line["totalCredits"] * 10**6))
        for row in rows
        for line in row["breakdown"]
    }


def totals(folder: Path) -> dict[tuple[str, str], tuple[int, int]]:
    """The same, as the generator counted it."""
    found: list[dict[str, Any]] = json.loads((folder / "totals.json").read_text())["totals"]
    return {(one["workspace"], one["sku"]): (one["count"], one["micros"]) for one in found}


def test_the_report_equals_the_file_to_the_micro_credit(url: str, ada: str, tmp_path: Path) -> None:
    numbers = charge(url, tmp_path / "usage.csv", ada, "--create-workspaces", "--batch-size", 70)
    balance = answer(url, "accounts", "show", ada)["balanceCents"]

    assert numbers == [300, 300, 0, 0]
    assert used(url, ada) == totals(tmp_path)
    assert Decimal(str(balance)) * 10_000 == -sum(micros for _, micros in totals(tmp_path).values())
    prepaid(url, "doctor")


@pytest.mark.parametrize("has_ids", [True, False])
def test_a_second_run_charges_nothing_twice(
    url: str, ada: str, tmp_path: Path, has_ids: bool
) -> None:
    """With ids by the ids; without, by the file's content and the line."""
    log = tmp_path / "usage.csv"
    if not has_ids:
        log.write_text(log.read_text().replace("id,occurredAt", "request,occurredAt", 1))
    first = charge(url, log, ada, "--create-workspaces")
    again = charge(url, log, ada, "--create-workspaces", "--batch-size", 97)

    assert (first, again) == ([300, 300, 0, 0], [300, 0, 300, 0])
    assert used(url, ada) == totals(tmp_path)


def test_ids_hold_across_files(url: str, ada: str, tmp_path: Path) -> None:
    """A log that grew is imported again: only what is new is charged."""
    whole = (tmp_path / "usage.csv").read_text().splitlines(keepends=True)
    (tmp_path / "part.csv").write_text("".join(whole[:101]))
    charge(url, tmp_path / "part.csv", ada, "--create-workspaces")

    assert charge(url, tmp_path / "usage.csv", ada, "--create-workspaces") == [300, 200, 100, 0]
    assert used(url, ada) == totals(tmp_path)


LOG = f"""\
id,occurredAt,workspace,sku,quantity,credits,metadata.route,note
a1,{DAY},,fra-company-data,2,0.5,/v2/x,fine
a2,{DAY},nobody,fra-company-data,,,,unknown workspace
a3,{DAY},,unknown-sku,,,,no price
a4,{DAY[:19]},,fra-company-data,,,,no offset
a5,{LATER},,fra-company-data,,,,the future
a6,{OLD},,fra-company-data,,,,too old
a7,{DAY},,fra-company-data,1.5,,,half a request

a8,{DAY},,fra-company-data,,1e3,,no plain number
a9,{DAY},,fra-company-data,,0.0000001,,too fine
a10,{DAY},,fra-company-data
,{DAY},,fra-company-data,,,,no id
a12,,,fra-company-data,,,,no time
a13,{DAY},,,,,,no sku
a1,{DAY},,fra-company-data,3,0.5,/v2/x,the id again for another request
a15,{DAY},,fra-company-data,0,,,nothing
"a16",{DAY},,fra-company-data,1,0.25,"two
lines",fine
"a"17,{DAY},,fra-company-data,1,0.25,,a quote amiss
a18,{DAY},not a name,fra-company-data,1,0.25,,no name for a workspace
"""
REFUSED = [
    ("3", "workspace", "nobody"),
    ("4", "sku", "no price"),
    ("5", "occurredAt", "offset"),
    ("6", "occurredAt", "future"),
    ("7", "occurredAt", "400 days"),
    ("8", "quantity", "whole number, not '1.5'"),
    ("10", "credits", "not '1e3'"),
    ("11", "credits", "6 decimals"),
    ("12", "line", "has 4 columns, not 8"),
    ("13", "id", "is empty"),
    ("14", "occurredAt", "is required"),
    ("15", "sku", "required"),
    ("16", "quantity", "another quantity"),
    ("17", "quantity", "at least 1"),
    ("20", "line", "is not CSV"),
    ("21", "workspace", ""),
]


def test_each_refused_line_is_named_with_field_and_reason(
    url: str, ada: str, tmp_path: Path
) -> None:
    log, refused = tmp_path / "log.csv", tmp_path / "refused.csv"
    log.write_text(LOG)
    words = ("usage", "import", log, "--account", ada, "--refused", refused)
    shown = prepaid(url, *words, code=1).stdout
    head, *rows = refused.read_text().splitlines()

    assert head == "line,field,reason"
    assert len(rows) == len(REFUSED)
    for row, (line, field, reason) in zip(rows, REFUSED, strict=True):
        assert row.startswith(f"{line},{field},"), row
        assert reason in row
        assert f"line {line}: {field}: " in shown
    assert used(url, ada) == {("default", "fra-company-data"): (2, 750_000)}


def test_at_most_twenty_refused_lines_are_shown(url: str, ada: str, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("sku,occurredAt\n" + f"unknown,{DAY}\n" * 25)
    shown = prepaid(url, "usage", "import", log, "--account", ada, code=1).stdout

    assert shown.count("no price") == 20
    assert "and 5 more" in shown


def test_refused_lines_pass_once_their_reason_is_gone(url: str, ada: str, tmp_path: Path) -> None:
    log = tmp_path / "usage.csv"
    before = charge(url, log, ada, code=1)
    after = charge(url, log, ada, "--create-workspaces")

    assert before[3] == 300 - before[1] > 0
    assert after == [300, before[3], before[1], 0]
    assert used(url, ada) == totals(tmp_path)


def test_json_lines_say_the_same(url: str, ada: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    good = {"occurredAt": DAY, "sku": "fra-company-data", "credits": 0.1, "metadata": {"n": 7}}
    lines: list[object] = [
        good,
        good | {"workspace": None, "metadata.route": "/x", "quantity": 3},
        good | {"quantity": "3"},
        good | {"metadata": {"deep": {"er": 1}}},
        ["no object"],
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    log.write_text(text + "{'no': json}\n\n" + json.dumps(good).replace("0.1", "NaN"))
    numbers = charge(url, log, ada, code=1)
    rows = json.loads(prepaid(url, "usage", "report", "--account", ada, "--json").stdout)

    assert numbers[0] == 7
    assert [(row["workspace"] and row["workspace"]["name"]) for row in rows] == ["default", None]
    assert [row["totalCreditsUsed"] for row in rows] == [0.1, 0.1]
    assert numbers[3] == 5


def test_columns_of_any_name_are_mapped(url: str, ada: str, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(f"\ufeffwhen,product,sku,client\n{DAY},fra-company-data,junk,\n")
    words = ("--column-map", "occurredAt=when, sku=product", "--column-map", "workspace=client")

    assert charge(url, log, ada, *words) == [1, 1, 0, 0]


WRONG = [
    ("log.csv", "a,b\n1,2\n", (), "no column 'sku'"),
    ("log.csv", "", (), "no column 'sku'"),
    ("log.csv", "sku,occurredAt\n", ("--column-map", "workspace=client"), "no column 'client'"),
    ("log.csv", "sku,occurredAt\n", ("--column-map", "colour=x"), "must be ours=yours"),
    ("log.csv", "sku,occurredAt\n", ("--column-map", "sku"), "must be ours=yours"),
    ("log.csv", "sku,sku,occurredAt\n", (), "two columns"),
    ("log.csv", 'sku,occurredAt\n"x,y\nz,w\n', (), "line 2: a quote is left open"),
    ("log.txt", "", (), "must end in"),
    ("no/log.csv", None, (), "cannot be read"),
]


@pytest.mark.parametrize(("name", "text", "words", "says"), WRONG)
def test_a_file_that_makes_no_sense_is_told_in_a_line(
    migrated_sqlite_url: str,
    tmp_path: Path,
    name: str,
    text: str | None,
    words: tuple[str, ...],
    says: str,
) -> None:
    ada = new_account(migrated_sqlite_url)
    if text is not None:
        (tmp_path / name).write_text(text)
    words = ("usage", "import", str(tmp_path / name), "--account", ada, *words)

    assert says in prepaid(migrated_sqlite_url, *words, code=1).stderr
