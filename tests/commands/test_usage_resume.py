"""An import that is cut off, crowded out or killed charges every line once all the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from benchmarks import make_usage
from prepaid.commands import usage_import
from tests.kit.go_between import Turn, between
from tests.kit.prompt import new_account, prepaid
from tests.kit.server import Server, served
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY

Forward = Callable[[], httpx.Response]
LINES = 200
CROWDED = httpx.Response(
    503,
    json={"statusCode": 503, "error": {"code": "overloaded", "message": "crowded", "details": []}},
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    make_usage.write(tmp_path, seed=3, lines=LINES, days=90, end=datetime.now(UTC))
    return tmp_path / "usage.csv"


@pytest.fixture
def ada(migrated_sqlite_url: str, log: Path) -> str:
    prepaid(migrated_sqlite_url, "prices", "load", log.with_name("prices.json"))
    return new_account(migrated_sqlite_url)


@pytest.fixture
def server(migrated_sqlite_url: str, ada: str) -> Iterator[Server]:
    with served(migrated_sqlite_url) as running:
        yield running


def words(log: Path, account: str) -> list[str]:
    return [
        *("usage", "import", str(log), "--account", account),
        *("--create-workspaces", "--batch-size", "20"),
    ]


def totals(url: str, server_url: str, account: str) -> str:
    report = ("usage", "report", "--account", account)
    return prepaid(url, *report, PREPAID_PUBLIC_URL=server_url).stdout.splitlines()[-2]


def whole(log: Path) -> list[str]:
    text = log.with_name("totals.json").read_text()
    micros = int(text.split('"micros": ')[1].split(",")[0])
    return ["all", "all", str(LINES), f"{micros / 1_000_000:.6f}".rstrip("0").rstrip(".")]


def away_after(batches: int) -> Turn:
    def turn(number: int, forward: Forward) -> httpx.Response:
        return forward() if number <= batches else CROWDED

    return turn


@pytest.mark.parametrize("is_committed", [True, False])
def test_killed_in_the_middle_and_run_again_it_charges_all_of_it_once(
    migrated_sqlite_url: str, server: Server, ada: str, log: Path, is_committed: bool
) -> None:
    """The kill comes just before a batch reaches the service, and just after it was committed."""
    journal = log.with_name("usage.csv.progress")
    commands: list[subprocess.Popen[bytes]] = []

    def turn(number: int, forward: Forward) -> httpx.Response | None:
        if number < 8:
            return forward()
        if is_committed:
            forward()
        commands[0].send_signal(signal.SIGKILL)
        return None

    with between(server.url, turn) as url:
        environment = {
            "PREPAID_DATABASE_URL": migrated_sqlite_url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
            "PREPAID_PUBLIC_URL": url,
        }
        line = [sys.executable, "-m", "prepaid", *words(log, ada)]
        commands.append(subprocess.Popen(line, env=os.environ | environment))
        assert commands[0].wait(60) == -signal.SIGKILL
    done = journal.read_text().count("\n") - 1
    result = prepaid(migrated_sqlite_url, *words(log, ada), PREPAID_PUBLIC_URL=server.url)

    assert 0 < done < LINES // 20
    assert f"{20 * done} of these lines were done by the interrupted import" in result.stdout
    assert totals(migrated_sqlite_url, server.url, ada).split() == whole(log)
    assert not journal.exists()
    prepaid(migrated_sqlite_url, "doctor")


def test_a_crowded_or_silent_service_is_asked_again(
    migrated_sqlite_url: str, server: Server, ada: str, log: Path
) -> None:
    """503, and answers that were lost after the commit, on every batch."""
    asked: list[int] = []

    def turn(number: int, forward: Forward) -> httpx.Response | None:
        asked.append(number)
        if number % 3 == 1:
            return CROWDED
        answer = forward()
        return None if number % 3 == 2 else answer

    with between(server.url, turn) as url:
        result = prepaid(migrated_sqlite_url, *words(log, ada), PREPAID_PUBLIC_URL=url)

    assert len(asked) >= 3 * LINES // 20
    assert f"already charged           {LINES}" in result.stdout, "answered the third time only"
    assert totals(migrated_sqlite_url, server.url, ada).split() == whole(log)


def test_a_service_that_stays_away_stops_it_and_it_goes_on_later(
    migrated_sqlite_url: str,
    server: Server,
    ada: str,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usage_import, "PATIENCE_S", 0)
    with between(server.url, away_after(5)) as url:
        stopped = prepaid(migrated_sqlite_url, *words(log, ada), code=1, PREPAID_PUBLIC_URL=url)
    result = prepaid(migrated_sqlite_url, *words(log, ada), PREPAID_PUBLIC_URL=server.url)

    assert "Run the same command again" in stopped.stderr
    assert "lines read" in stopped.stdout
    assert "done by the interrupted import" in result.stdout
    assert totals(migrated_sqlite_url, server.url, ada).split() == whole(log)


@pytest.mark.parametrize("left", ["", "junk\n", '{"sha256":"0","account":"x","columns":{}}\n'])
def test_a_journal_of_something_else_is_not_followed(
    migrated_sqlite_url: str, ada: str, log: Path, left: str
) -> None:
    log.with_name("usage.csv.progress").write_text(left)
    result = prepaid(migrated_sqlite_url, *words(log, ada))

    assert f"charged                   {LINES}" in result.stdout


def test_a_journal_that_was_cut_short_is_followed_to_its_last_whole_line(
    migrated_sqlite_url: str, server: Server, ada: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_import, "PATIENCE_S", 0)
    journal = log.with_name("usage.csv.progress")
    with between(server.url, away_after(5)) as url:
        prepaid(migrated_sqlite_url, *words(log, ada), code=1, PREPAID_PUBLIC_URL=url)
    journal.write_bytes(journal.read_bytes()[:-7])
    result = prepaid(migrated_sqlite_url, *words(log, ada), PREPAID_PUBLIC_URL=server.url)

    assert "20 of these lines were done by the interrupted import" in result.stdout
    assert totals(migrated_sqlite_url, server.url, ada).split() == whole(log)


def test_a_closed_or_unknown_account_stops_it_before_the_first_line(
    migrated_sqlite_url: str, ada: str, log: Path
) -> None:
    prepaid(migrated_sqlite_url, "accounts", "close", ada)
    closed = prepaid(migrated_sqlite_url, *words(log, ada), code=1)
    unknown = prepaid(migrated_sqlite_url, *words(log, "acc_0000000000000001"), code=1)

    assert "is closed" in closed.stderr
    assert "does not exist" in unknown.stderr
    assert not log.with_name("usage.csv.progress").exists()
