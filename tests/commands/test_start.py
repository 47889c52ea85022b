"""What is wrong with settings, files or port is said before anything is made or shown."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.house.checks import ROOT
from tests.kit.prompt import prepaid

ENDED_S = 30

WRONG = [
    ("PREPAID_OPERATOR_KEY", "short"),
    ("PREPAID_SECRET_KEY", ""),
    ("PREPAID_ROUTES", "/no/such/file"),
    ("PREPAID_WEBHOOK_ALLOWED_CIDRS", "nonsense"),
    ("PREPAID_SMTP_URL", "http://mail.example"),
    ("PREPAID_MAIL_FROM", "nobody"),
    ("PREPAID_PUBLIC_URL", "shop.example"),
]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_wrong_settings_leave_the_database_alone(postgres_url: str, command: str) -> None:
    """Tables that were made by a start that failed are there for the right one to stumble over."""
    for name, value in WRONG:
        said = prepaid(postgres_url, command, code=1, **{name: value}).stderr

        others = {other for other, _ in WRONG} - {name}
        assert name in said
        assert not [other for other in others if other in said], (
            "one setting is named, the wrong one"
        )

    assert "revision None" in prepaid(postgres_url, "doctor", code=2).stderr


def test_wrong_settings_make_no_file(tmp_path: Path) -> None:
    prepaid(f"sqlite:///{tmp_path}/new.db", "serve", code=1, PREPAID_PUBLIC_URL="shop.example")

    assert list(tmp_path.iterdir()) == []


def test_a_demo_without_a_port_shows_nothing_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and links on the screen, of a service that never ran, would be tried in vain."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = prepaid(f"sqlite:///{tmp_path}/demo.db", "demo", "--port", port, code=1)

    assert f"port {port} of 127.0.0.1 cannot be used: Address already in use; " in ended.stderr
    assert "try prepaid demo --port" in ended.stderr
    assert ended.stdout == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("words", "ends"), [(("PORT=8081",), "demo --port 8081"), ((), "demo")])
def test_make_hands_the_port_on(words: tuple[str, ...], ends: str) -> None:
    """The message above names it."""
    told = subprocess.run(
        ["make", "--no-print-directory", "-n", "demo", *words],
        cwd=ROOT,
        env=os.environ | {"MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=ENDED_S,
    )

    assert told.stdout.rstrip().endswith(f"prepaid {ends}")


def test_a_misspelt_name_is_warned_of_at_the_start(tmp_path: Path) -> None:
    """It would be read by nobody; what is right is not kept from starting."""
    place = f"sqlite:///{tmp_path}/new.db"
    said = prepaid(place, "migrate", PREPAID_STRPIE_API_KEY="rk_live_1").stderr
    told = prepaid(place, "doctor", PREPAID_STRPIE_API_KEY="rk_live_1").stdout

    for text in (said, told):
        assert "warning: PREPAID_STRPIE_API_KEY is no setting" in text
        assert "did you mean PREPAID_STRIPE_API_KEY?" in text
        assert "rk_live_1" not in text
    assert "warning" not in prepaid(place, "migrate").stderr
