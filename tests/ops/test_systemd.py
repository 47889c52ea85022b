"""The unit names what there is."""

from prepaid import settings
from prepaid.commands.serve import GRACE_S
from prepaid.store.locations import sqlite_path
from tests.ops import packing

COMMANDS = {"serve", "worker"}


def variables() -> dict[str, str]:
    return dict(line.split("=", 1) for line in packing.unit("Environment"))


def test_its_settings_exist_and_secrets_come_as_credentials() -> None:
    """A variable of a unit is read by every user of the machine."""
    given = variables()
    files = {key: path for key, path in given.items() if key.endswith("_FILE")}
    handed = {line.partition(":")[0] for line in packing.unit("LoadCredential")}

    assert {key.removesuffix("_FILE") for key in given} <= packing.SETTINGS
    assert packing.SECRETS & set(given) == {"PREPAID_DATABASE_URL"}
    assert "@" not in given["PREPAID_DATABASE_URL"]
    assert set(files.values()) == {f"%d/{name}" for name in handed}


def test_the_file_is_in_the_folder_that_it_may_write() -> None:
    made = settings.load({"PREPAID_DATABASE_URL": variables()["PREPAID_DATABASE_URL"]})
    path = sqlite_path(made.database_url)

    assert path is not None
    assert [f"/var/lib/{name}" for name in packing.unit("StateDirectory")] == [str(path.parent)]


def test_it_runs_a_command_and_gives_it_time_to_stop() -> None:
    assert packing.unit("ExecStart")[0].split() == ["/opt/prepaid/.venv/bin/prepaid", "%i"]
    assert packing.words() >= COMMANDS
    assert packing.seconds(packing.unit("TimeoutStopSec")[0]) > GRACE_S
