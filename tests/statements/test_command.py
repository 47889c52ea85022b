"""`prepaid statements`: every final statement as files; run again, the same bytes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest

from tests.kit.prompt import new_account, prepaid

LOG = """\
occurredAt,workspace,sku,credits
{0}-01T10:00:00Z,,page,0.5
{0}-02T00:00:00Z,acme,page,0.000001
"""


@pytest.fixture
def ada(migrated_sqlite_url: str, tmp_path: Path) -> str:
    ada = new_account(migrated_sqlite_url)
    log = tmp_path / "log.csv"
    log.write_text(LOG.format(last_month()))
    words = ("usage", "import", log, "--account", ada, "--create-workspaces")
    prepaid(migrated_sqlite_url, *words)
    return ada


def last_month() -> str:
    first = datetime.now(UTC).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_written_and_again_the_same(
    migrated_sqlite_url: str, ada: str, tmp_path: Path
) -> None:
    month, out = last_month(), tmp_path / "out"
    words = ("statements", "--month", month, "--out", out)
    new_account(migrated_sqlite_url)  # without a statement of that month
    said = prepaid(migrated_sqlite_url, *words).stdout
    first = files(out)
    prepaid(migrated_sqlite_url, *words)

    assert "2 statements of 1 accounts" in said
    assert sorted(first) == sorted(
        f"{ada}/{month}/S-00000{n}-{name}.{ending}"
        for n, name in ((1, "default"), (2, "acme"))
        for ending in ("csv", "json", "pdf")
    )
    assert files(out) == first
    page = pypdf.PdfReader(out / ada / month / "S-000002-acme.pdf").pages[0].extract_text()
    assert "0.000001" in page


def test_a_month_that_is_not_over_is_left_out_and_told_by_the_exit_code(
    migrated_sqlite_url: str, ada: str, tmp_path: Path
) -> None:
    present = datetime.now(UTC).strftime("%Y-%m")
    words = ("statements", "--month", present, "--out", tmp_path / "out", "--account", ada)
    said = prepaid(migrated_sqlite_url, *words, code=3).stdout

    assert "2 are drafts still" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--month", "2026-13"),
        ("--month", "2999-01"),
        ("--month", "2026-01", "--account", "acc_0000000000000001"),
    ],
)
def test_what_cannot_be_done_ends_with_one(
    migrated_sqlite_url: str, ada: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    prepaid(migrated_sqlite_url, "statements", "--out", tmp_path / "out", *words, code=1)

    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_told(
    migrated_sqlite_url: str, ada: str, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")
    words = ("statements", "--month", last_month(), "--out", tmp_path / "out")
    result = prepaid(migrated_sqlite_url, *words, code=1)

    assert "cannot be written" in result.stderr
