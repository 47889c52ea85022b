"""Databases for tests, and how long Hypothesis searches.

`postgres_url`            an empty PostgreSQL database
`empty_url`               one of each kind without a table, in turn
`migrated_postgres_url`   the same with every table
`migrated_sqlite_url`     a fresh SQLite file with every table
`database_url`            each of the last two in turn
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings
from xdist.workermanage import WorkerController

from tests import postgres
from tests.kit.shop import Shop, opened

settings.register_profile("quick", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=300, print_blob=True)
settings.load_profile(os.environ.get("PREPAID_TEST_PROFILE", "quick"))

SHARED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder where the run begins; an xdist worker is told of it."""
    told = getattr(config, "workerinput", None)
    if told is not None:
        config.stash[SHARED] = Path(told["prepaid_shared"])
        return
    folder = postgres.SharedFolder()
    config.stash[SHARED] = folder.path
    config.add_cleanup(folder.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell an xdist worker where the run's folder is."""
    node.workerinput["prepaid_shared"] = str(node.config.stash[SHARED])


def upgrade(url: str) -> None:
    """Migrate the database to the newest tables.

    Imported by name, so that a broken store fails the tests that need it and no others.
    """
    migrate = import_module("prepaid.store.migrate")
    cast("Callable[[str], None]", migrate.upgrade)(url)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """URL of a database on the server in which statements about databases can be run."""
    return postgres.server_url(pytestconfig.stash[SHARED])


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a migrated database to copy; nobody may stay connected to it."""
    with postgres.database(postgres_server) as url:
        upgrade(url)
        yield postgres.name_of(url)


@pytest.fixture
def migrated_postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    with postgres.database(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy; nobody may stay connected to it."""
    path = tmp_path_factory.mktemp("sqlite-template") / "prepaid.db"
    upgrade(f"sqlite:///{path}")
    left_over = [beside.name for beside in path.parent.iterdir() if beside.name != path.name]
    assert not any(name.endswith("-wal") for name in left_over), "migrate left the file open"
    return path


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / sqlite_template.name
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """For what a migration finds, and what it makes of it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return cast("str", request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A promise about the store holds on both, so it is tried on both."""
    kind = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url"}
    return cast("str", request.getfixturevalue(kind[request.param]))


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A shop on each of the two databases in turn."""
    async with opened(database_url) as made:
        yield made
