"""How a command reaches the service: in its own process, or through the running server."""

import re
from pathlib import Path

import pytest

from prepaid.store.sqlite.files import WriteLock
from tests.kit.prompt import answer, new_account, prepaid
from tests.kit.server import served

NOWHERE = "http://127.0.0.1:9"


def test_beside_a_server_the_commands_go_through_it(migrated_sqlite_url: str) -> None:
    """One process writes a SQLite file; the others ask it."""
    with served(migrated_sqlite_url) as server:
        made = answer(
            migrated_sqlite_url, "accounts", "create", "Ada", PREPAID_PUBLIC_URL=server.url
        )
        words = ("accounts", "grant", made["id"], "7", "--reason", "x")
        prepaid(migrated_sqlite_url, *words, PREPAID_PUBLIC_URL=server.url)
        refused = prepaid(
            migrated_sqlite_url, "accounts", "show", "acc_1", code=1, PREPAID_PUBLIC_URL=server.url
        )
        strange = prepaid(
            migrated_sqlite_url,
            *("accounts", "list"),
            code=1,
            PREPAID_PUBLIC_URL=server.url,
            PREPAID_OPERATOR_KEY="not the one of the server",
        )
        server.stop()

    shown = answer(migrated_sqlite_url, "accounts", "show", made["id"])
    assert shown["balanceCents"] == 700, "afterwards the file is written here, and holds all of it"
    assert "the account does not exist" in refused.stderr
    assert "PREPAID_OPERATOR_KEY" in strange.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"PREPAID_PUBLIC_URL": NOWHERE}, f"its server at {NOWHERE}"),
        ({"PREPAID_PUBLIC_URL": "nonsense"}, "nonsense"),
        ({"PREPAID_OPERATOR_KEY": ""}, "PREPAID_OPERATOR_KEY"),
    ],
)
def test_a_server_that_cannot_be_asked_is_named(
    migrated_sqlite_url: str, environment: dict[str, str], says: str
) -> None:
    lock = WriteLock(Path(migrated_sqlite_url.removeprefix("sqlite:///")))
    try:
        result = prepaid(migrated_sqlite_url, "accounts", "list", code=1, **environment)
    finally:
        lock.release()

    assert "in use by another prepaid process" in result.stderr
    assert says in result.stderr


def test_an_answer_of_something_else_is_no_traceback(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    """A public URL may lead to a proxy's own pages."""
    with served(f"sqlite:///{tmp_path}/other.db") as server:
        lock = WriteLock(Path(migrated_sqlite_url.removeprefix("sqlite:///")))
        try:
            result = prepaid(
                migrated_sqlite_url,
                *("accounts", "list"),
                code=1,
                PREPAID_PUBLIC_URL=f"{server.url}/docs",
            )
        finally:
            lock.release()

    assert re.search(r"no such path|is it a Prepaid server", result.stderr)


def test_the_first_command_makes_the_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"

    assert new_account(url).startswith("acc_")


def test_the_operator_key_is_not_needed_by_who_writes_the_database(
    migrated_sqlite_url: str,
) -> None:
    prepaid(migrated_sqlite_url, "accounts", "list", PREPAID_OPERATOR_KEY="")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/x",
        "nonsense",
        "sqlite://",
        "sqlite:////no/such/folder/prepaid.db",
        "postgresql://nobody@127.0.0.1:9/nothing",
    ],
)
@pytest.mark.parametrize(("words", "code"), [(("accounts", "list"), 1), (("doctor",), 2)])
def test_a_database_that_is_none_is_told_in_a_line(
    url: str, words: tuple[str, ...], code: int
) -> None:
    result = prepaid(url, *words, code=code)

    assert "PREPAID_DATABASE_URL" in result.stderr or "cannot be opened" in result.stderr


@pytest.mark.parametrize(("words", "code"), [(("accounts", "list"), 1), (("doctor",), 2)])
def test_a_file_that_is_no_database_is_told_in_a_line(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Ada, " * 100)
    result = prepaid(f"sqlite:///{path}", *words, code=code)

    assert "not a database" in result.stderr
    assert path.read_text() == "Dear Ada, " * 100


def test_wrong_settings_are_told_in_a_line(migrated_sqlite_url: str) -> None:
    result = prepaid(migrated_sqlite_url, "accounts", "list", code=1, PREPAID_PORT="many")

    assert "PREPAID_PORT" in result.stderr
