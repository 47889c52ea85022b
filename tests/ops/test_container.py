"""Dockerfile and compose file say what is so. Nothing here needs a container engine."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from prepaid import settings
from prepaid.commands.serve import GRACE_S
from prepaid.settings import Settings
from prepaid.store.locations import sqlite_path
from tests.house.checks import ROOT
from tests.kit.server import served
from tests.ops import packing

ENDED_S = 30


def sources() -> list[str]:
    """What is copied from the checkout."""
    copies = [one.rest for stage in packing.instructions() for one in stage if one.word == "COPY"]
    return [source for rest in copies if "--from" not in rest for source in rest.split()[:-1]]


def test_what_is_copied_is_there_and_is_sent() -> None:
    assert {"LICENSE", "pyproject.toml", "requirements/runtime.txt", "src"} == set(sources())
    for source in sources():
        assert (ROOT / source).exists(), source
        assert packing.is_sent(source), f".dockerignore keeps {source} out"


@pytest.mark.parametrize(
    "path",
    [
        "prepaid.db",
        ".demo/secrets.json",
        ".env",
        "secrets/operator_key",
        ".git/config",
        ".venv/bin/python",
        "src/prepaid/__pycache__/settings.cpython-311.pyc",
        "tests/conftest.py",
    ],
)
def test_nothing_else_is_sent(path: str) -> None:
    """What the builder never gets is in no layer of the image."""
    assert not packing.is_sent(path)


def test_what_is_installed_is_pinned_by_hash() -> None:
    installs = [
        command
        for stage in packing.instructions()
        for one in stage
        for command in one.rest.split("&&")
        if one.word == "RUN" and " install " in command and "/pip " in command
    ]

    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1], "nothing unpinned to build it with"


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    user, _, group = packing.last("USER").partition(":")

    assert int(user) > 0
    assert int(group) > 0
    assert not [service for service in packing.ours().values() if "user" in service]


def test_the_image_starts_the_service() -> None:
    assert packing.last("ENTRYPOINT") == '["prepaid"]'
    assert packing.last("CMD") == '["serve"]'
    assert packing.last("STOPSIGNAL") == "SIGTERM"
    assert 'prepaid = "prepaid.__main__:main"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_image_alone_keeps_its_file_in_its_volume() -> None:
    """A file beside the volume would go with the container."""
    made = settings.load(packing.environment())
    path = sqlite_path(made.database_url)

    assert path is not None
    assert str(path.parent) == packing.last("VOLUME") == packing.last("WORKDIR")
    assert made.host == "0.0.0.0"
    assert str(made.port) == packing.last("EXPOSE")


def test_no_secret_is_baked_in() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    baked = {name for name in packing.SECRETS if name in text} - {"PREPAID_DATABASE_URL"}

    assert not baked
    assert "@" not in packing.environment()["PREPAID_DATABASE_URL"]


def health(port: str) -> int:
    """What the health check of the image says of a port."""
    _python, *rest = packing.healthcheck()
    done = subprocess.run(
        [sys.executable, *rest],
        env={"PREPAID_PORT": port, "http_proxy": "http://127.0.0.1:1"},
        capture_output=True,
        check=False,
        timeout=ENDED_S,
    )
    return done.returncode


def test_the_health_check_tells_a_server_from_none(migrated_sqlite_url: str) -> None:
    """Whatever proxy the machine is set to use."""
    with served(migrated_sqlite_url) as server:
        port = server.url.rpartition(":")[2]
        assert health(port) == 0
        server.stop()
    assert health(port) == 1


def test_compose_names_settings_and_commands_that_exist() -> None:
    assert set(packing.ours()) == {"migrate", "serve", "worker"}
    for name, service in packing.ours().items():
        asked = {key.removesuffix("_FILE") for key in service["environment"]}
        assert asked <= packing.SETTINGS, name
        assert service["command"][0] in packing.words(), name


def test_compose_hands_secrets_over_as_files_alone() -> None:
    """A variable is seen by whoever may look at the container."""
    whole = packing.composed()["secrets"]
    for name, service in packing.ours().items():
        given = service["environment"]
        files = {path.rpartition("/")[2] for key, path in given.items() if key.endswith("_FILE")}
        assert not packing.SECRETS & set(given), name
        assert files == set(service["secrets"]) <= set(whole), name


def test_compose_starts_in_order_and_gives_time_to_stop() -> None:
    services = packing.composed()["services"]

    assert services["migrate"]["depends_on"]["database"] == {"condition": "service_healthy"}
    for name in ("serve", "worker"):
        after = services[name]["depends_on"]["migrate"]
        assert after == {"condition": "service_completed_successfully"}
        assert packing.seconds(services[name]["stop_grace_period"]) > GRACE_S
        assert services[name]["read_only"]
        assert "healthcheck" not in services[name], "the image's own"


def test_the_image_s_check_finds_the_worker_where_it_listens() -> None:
    """At its port for those who watch, which no other machine may reach."""
    worker = packing.composed()["services"]["worker"]

    assert worker["environment"]["PREPAID_METRICS_PORT"] == packing.last("EXPOSE")
    assert "ports" not in worker


def make_secrets(folder: Path) -> dict[str, str]:
    """Run the script in a folder; what is then in each file."""
    script = ROOT / "packaging" / "make-secrets"
    subprocess.run([str(script)], cwd=folder, check=True, timeout=ENDED_S)
    return {path.name: path.read_text("utf-8") for path in (folder / "secrets").iterdir()}


def test_the_secrets_that_are_made_are_those_that_compose_wants(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    declared = {name: one["file"] for name, one in packing.composed()["secrets"].items()}
    given = packing.ours()["serve"]["environment"]
    loaded = settings.load(
        {
            key: path.replace("/run/secrets", str(tmp_path / "secrets"))
            for key, path in given.items()
            if key.endswith("_FILE")
        }
    )
    database = urlsplit(loaded.database_url)
    server = packing.composed()["services"][database.hostname]["environment"]

    assert declared == {name: f"secrets/{name}" for name in made}
    settings.check_for_production(loaded)
    assert database.password == made["database_password"].strip()
    assert (database.username, database.path) == (server["POSTGRES_USER"], "/prepaid")
    assert server["POSTGRES_DB"] == "prepaid"
    assert loaded.smtp_url == Settings.smtp_url
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_secrets_that_are_there_stay(tmp_path: Path) -> None:
    """A new secret key would make every kept webhook secret unreadable."""
    before = make_secrets(tmp_path)
    (tmp_path / "secrets" / "smtp_url").write_text("smtp://mail.example")
    after = make_secrets(tmp_path)

    assert after == before | {"smtp_url": "smtp://mail.example"}
