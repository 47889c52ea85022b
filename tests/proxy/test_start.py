"""A wrong routes file stops the start of the real commands, with its line and the reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.shop import OPERATOR_KEY, SECRET_KEY

START_S = 60
GOOD = """[upstreams.far]
url = "http://127.0.0.1:9"

[[routes]]
name = "report"
method = "POST"
path = "/v1/reports"
upstream = "far"
sku = "report"
"""


def started(url: str, routes: Path, command: str = "serve") -> str:
    """What the command's process says when it ends with 1; it must not begin to listen."""
    settings = {
        "PREPAID_DATABASE_URL": url,
        "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
        "PREPAID_SECRET_KEY": SECRET_KEY,
        "PREPAID_ROUTES": str(routes),
        "PREPAID_PORT": "0",
        "COLUMNS": "1000",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "prepaid", command],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "Listening" not in ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ('"far"\nsku', '"fra"\nsku', 8, "'fra' is no upstream"),
        ('method = "POST"', 'method = "FETCH"', 6, "FETCH"),
        ("sku = ", "skew = ", 9, "skew"),
        ('sku = "report"', 'sku = "report', 9, "TOML"),
        ('sku = "report"', 'sku = "{body.kind"', 9, "brace"),
        ('"http://127', '"ftp://127', 2, "http(s)://"),
    ],
)
def test_a_mistake_stops_the_start(
    migrated_sqlite_url: str, tmp_path: Path, before: str, after: str, line: int, reason: str
) -> None:
    routes = tmp_path / "routes.toml"
    assert before in GOOD
    routes.write_text(GOOD.replace(before, after), "utf-8")
    said = started(migrated_sqlite_url, routes)

    assert f"{routes}, line {line}: " in said
    assert reason in said


def test_a_path_of_the_service_itself_cannot_be_taken(
    migrated_sqlite_url: str, tmp_path: Path
) -> None:
    routes = tmp_path / "routes.toml"
    routes.write_text(GOOD.replace("/v1/reports", "/v2/billing/balance"), "utf-8")

    assert "the path of route report belongs to the service" in started(migrated_sqlite_url, routes)


def test_a_file_that_is_not_there_stops_the_start(migrated_sqlite_url: str, tmp_path: Path) -> None:
    said = started(migrated_sqlite_url, tmp_path / "none.toml")

    assert "PREPAID_ROUTES" in said
    assert "No such file" in said


def test_a_mistake_stops_a_worker_too(migrated_postgres_url: str, tmp_path: Path) -> None:
    routes = tmp_path / "routes.toml"
    routes.write_text(GOOD.replace("sku = ", "skew = "), "utf-8")

    assert f"{routes}, line 9: " in started(migrated_postgres_url, routes, "worker")
